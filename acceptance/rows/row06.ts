import { describeClient, type Seen } from '../client.ts'
import type { Context } from '../context.ts'
import type { Demo } from '../demo.ts'
import { addTree, layTree } from '../exampleTree.ts'
import type { Report } from '../report.ts'
import type { Row } from '../row.ts'
import { runTimed, travel, waitForQuiet } from '../voyage.ts'

const kinds = [
  ['bad-errors', 10],
  ['bad-in-production', 40],
] as const

export const row: Row = {
  id: 6,
  title: 'after the decision to go back no canary request begins',
  run: async (context, report) => {
    const demo = await context.demo()
    const layers = new Map<string, { requests: number; errors: number }>()
    const lags: number[] = []
    for (const [defect, full] of kinds) {
      for (let run = 0; run < context.runs(full); run += 1) {
        const lag = await measureLag(context, demo, defect, report, layers)
        if (lag !== undefined) lags.push(lag)
      }
    }
    const sorted = lags.toSorted((a, b) => a - b)
    report.measure(`last canary request began after \`decided\`, ms: ${sorted.join(', ')}`)
    const expected = kinds.reduce((total, [, full]) => total + context.runs(full), 0)
    report.check(lags.length === expected, `${lags.length} of ${expected} came home and had canary requests`)
    const slow = sorted.filter((lag) => lag > 250).length
    report.check(slow <= Math.floor(expected / 50), `${slow} over 250 ms (at most ${Math.floor(expected / 50)})`)
    report.check((sorted.at(-1) ?? 0) <= 1_000, `the longest ${sorted.at(-1)} ms (at most 1,000)`)
    for (const [layer, { requests, errors }] of layers) {
      if (layer === 'canary') continue
      const chance = 3 * Math.sqrt((0.002 * 0.998) / requests)
      report.check(
        errors / requests <= 0.002 + (requests < 20_000 ? chance : 0),
        `${layer}: 5xx ${errors} of ${requests}, ${((100 * errors) / requests).toFixed(3)} % (at most 0.2)`,
      )
    }
    const canary = layers.get('canary')
    report.check(
      canary !== undefined && canary.errors / canary.requests > 0.002,
      `canary: 5xx ${canary?.errors} of ${canary?.requests}: the defects were there`,
    )
  },
}

async function measureLag(
  context: Context,
  demo: Demo,
  defect: string,
  report: Report,
  layers: Map<string, { requests: number; errors: number }>,
): Promise<number | undefined> {
  const voyage = await runTimed(
    async () =>
      travel(demo, (await addTree(demo, 'blog', layTree(context, 'blog', defect))).digest, {
        client: { connections: 50 },
      }),
    report,
  )
  const end = voyage.promotion?.result
  report.measure(`${defect}: ${describeClient(voyage.seen)}; "${end?.text}"`)
  for (const one of voyage.seen) count(layers, one)
  await waitForQuiet(demo, 'blog')
  const decided = Date.parse(end?.at.decided ?? '')
  const last = voyage.seen.findLast((one) => one.layer === 'canary')
  if (voyage.promotion?.phase !== 'rolled-back' || !Number.isFinite(decided) || !last) {
    report.measure(
      `${defect}: ${voyage.promotion?.phase}, decided ${end?.at.decided}, last canary request ${last?.startMs}`,
    )
    return undefined
  }
  return last.startMs - decided
}

function count(layers: Map<string, { requests: number; errors: number }>, one: Seen): void {
  const layer = one.layer || '(none)'
  const total = layers.get(layer) ?? { requests: 0, errors: 0 }
  total.requests += 1
  if (one.status >= 500 || one.error !== '') total.errors += 1
  layers.set(layer, total)
}
