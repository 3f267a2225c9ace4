import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startDemo, waitForTraffic } from '../../acceptance/demo.ts'
import { freshClone } from '../../acceptance/freshClone.ts'
import { saveAndDeploy, type Saved } from './firstCanary.ts'
import { spread } from './ratios.ts'
import { compareVersion } from './version.ts'

/**
 * What a user waits for: the version, a demo that is ready, and the first production request of a saved change.
 * `node bench/start/main.ts [--runs 3] [--rate 300] [--service tag] [--path /api/tag]`
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    rate: { type: 'string', default: '300' },
    service: { type: 'string', default: 'tag' },
    path: { type: 'string', default: '/api/tag' },
  },
})
const runs = Number(values.runs)
const root = mkdtempSync(join(tmpdir(), 'cfb-'))
const ready: number[] = []
const saved: Saved[] = []
try {
  const clone = freshClone(join(root, 'clone'), true)
  process.stdout.write('| what | measured | beside | ratio | bound |\n|---|---|---|---|---|\n')
  process.stdout.write(`${compareVersion(clone, 20)}\n`)
  for (let run = 0; run < runs; run += 1) {
    const folder = join(root, String(run))
    mkdirSync(folder)
    const demo = await startDemo({ clone, folder, rate: Number(values.rate) })
    try {
      ready.push(demo.readyAtMs - demo.startedAtMs)
      await waitForTraffic(demo)
      saved.push(await saveAndDeploy(demo, folder, values.service, values.path))
    } finally {
      await demo.sweep()
    }
  }
  process.stdout.write(`| \`demo\` to the ready file | ${spread(ready)} ms | – | – | ≤ 20,000 ms |\n`)
  process.stdout.write(
    `| saved file to the end of staging's tests | ${spread(saved.map((one) => one.toTestedMs))} ms | – | – | – |\n`,
  )
  process.stdout.write(
    `| end of staging's tests to the first canary request | ${spread(saved.map((one) => one.toCanaryMs))} ms | – | – | ≤ 5,000 ms |\n`,
  )
} finally {
  rmSync(root, { recursive: true, force: true })
}
