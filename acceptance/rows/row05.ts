import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeClient } from '../client.ts'
import { addTree, layTree } from '../exampleTree.ts'
import type { Row } from '../row.ts'
import { runTimed, travel, waitForQuiet } from '../voyage.ts'

/** The demo's load sends it for 3 % of its users. */
const value = 'ja'

export const row: Row = {
  id: 5,
  title: 'a defect that this repository does not know comes home, its twin without it arrives',
  run: async (context, report) => {
    const demo = await context.demo()
    for (const isBad of [true, false]) {
      let digest = ''
      // An attempt may be void and yet have arrived; so each ships bytes of its own.
      const voyage = await runTimed(async () => {
        const folder = layTree(context, 'tag')
        plant(folder, isBad)
        digest = (await addTree(demo, 'tag', folder)).digest
        return travel(demo, digest, { service: 'tag', client: { path: '/api/tag' } })
      }, report)
      const end = voyage.promotion?.result
      const seconds = (voyage.result.endedAtMs - voyage.result.startedAtMs) / 1000
      report.measure(`${describeClient(voyage.seen)}; ${seconds.toFixed(0)} s; "${end?.text}"`)
      const hosts = await waitForQuiet(demo, 'tag')
      const onIt = hosts.filter((host) => host.digest === digest).length
      if (isBad) {
        report.check(
          voyage.result.code === 4 && voyage.promotion?.phase === 'rolled-back',
          `with it: exit ${voyage.result.code} (4), ${voyage.promotion?.phase} (rolled-back)`,
        )
        report.check(
          end?.metric === 'errors' && (end.text ?? '').includes('error'),
          `with it: cause ${end?.cause}, metric ${end?.metric} (errors), named in the sentence`,
        )
        report.check(onIt === 0, `with it: ${onIt} hosts on it (0)`)
      } else {
        report.check(
          voyage.result.code === 0 && voyage.promotion?.phase === 'done',
          `without: exit ${voyage.result.code} (0), ${voyage.promotion?.phase} (done)`,
        )
        report.check(onIt === 4, `without: ${onIt} hosts on it (4)`)
      }
    }
  },
}

function plant(folder: string, isBad: boolean): void {
  const file = join(folder, 'src', 'main.ts')
  const before = readFileSync(file, 'utf8')
  const found = '  handle: (call) => {\n'
  if (!before.includes(found)) throw new Error(`${file} has no ${JSON.stringify(found)}`)
  const line = isBad
    ? `    if (call.headers['accept-language']?.startsWith('${value}')) throw new Error('no tags for these readers')\n`
    : `    // Looked for, and fixed: readers of ${value}.\n`
  writeFileSync(file, before.replace(found, found + line))
}
