import { parseArgs } from 'node:util'
import { catastropheLane } from './catastropheSection.ts'
import { cost } from './costSection.ts'
import { detection, lateOnset } from './detection.ts'
import { exampleSettings } from './example.ts'
import { edgeOfTolerance, falseRollbacks } from './falseRollbacks.ts'
import { checkKayenta } from './kayenta.ts'
import { detectionLatency, falseRollbacksLatency, fullJudge } from './latencySections.ts'
import { planCheck } from './planCheck.ts'
import { promotion } from './promotion.ts'
import type { Section } from './section.ts'

const sections: readonly Section[] = [
  exampleSettings,
  catastropheLane,
  falseRollbacks,
  falseRollbacksLatency,
  fullJudge,
  edgeOfTolerance,
  detection,
  detectionLatency,
  lateOnset,
  promotion,
  planCheck,
  cost,
]

const usage = `node bench/canary/main.ts [--runs N] [--only ${sections.map((section) => section.id).join(',')}] [--quick]

How fast and how wrong decisions are, ours beside those of others, on seeded traffic: the same numbers everywhere.
  --runs N   runs of a cell that has 400 in the full benchmark (default 100); the other cells in proportion
  --only ID  some sections only, separated by commas
  --quick    a tenth; exit 1 when a limit is broken, as with any other number of runs
`

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function main(): number {
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  const runs = values.quick ? 40 : Number(values.runs)
  const wanted = values.only?.split(',')
  const unknown = wanted?.filter((id) => !sections.some((section) => section.id === id)) ?? []
  if (!Number.isInteger(runs) || runs < 1 || unknown.length > 0) {
    process.stderr.write(
      `--runs ${values.runs}, --only ${values.only ?? ''}: a whole number above 0 and known sections\n${usage}`,
    )
    return 2
  }
  // A rival that does not behave as published would be beaten too easily.
  const violations = checkKayenta().map((wrong) => `Kayenta port: ${wrong}`)
  for (const section of sections) {
    if (wanted !== undefined && !wanted.includes(section.id)) continue
    const start = performance.now()
    const result = section.run({ of: (full) => Math.max(10, Math.round((full * runs) / 400)) })
    violations.push(...result.violations)
    const took = ((performance.now() - start) / 1_000).toFixed(1)
    process.stdout.write(`## ${section.id} ${section.title} (${took} s)\n${result.text}\n\n`)
  }
  if (violations.length === 0) process.stdout.write('Every limit holds.\n')
  else process.stdout.write(`Limits broken:\n${violations.map((violation) => `- ${violation}`).join('\n')}\n`)
  return violations.length === 0 ? 0 : 1
}

process.exitCode = main()
