import type { Context } from '../context.ts'
import { type Demo, waitForBuild } from '../demo.ts'
import { changeObservation } from '../changeObservation.ts'
import { addTree, layTree } from '../exampleTree.ts'
import type { Row } from '../row.ts'

interface Replay {
  readonly identical?: boolean
  readonly decisions?: number
  readonly difference?: unknown
}

const voyages = ['good', 'bad-in-production', 'bad-errors', 'bad-latency', 'bad-in-production'] as const

export const row: Row = {
  id: 21,
  title: 'a replay of stored observations decides the same, and says where it would not',
  run: async (context, report) => {
    const demo = await context.demo()
    await waitForBuild(demo, 'blog', 'good')
    const ids: string[] = []
    for (const voyage of voyages.slice(0, context.runs(voyages.length))) ids.push(await ship(context, demo, voyage))
    for (const id of ids) {
      const replayed = await demo.cli(['promotion', 'replay', id], 60_000)
      const { identical, decisions } = replayed.json as Replay
      report.check(
        replayed.code === 0 && identical === true && (decisions ?? 0) > 0,
        `${id}: exit ${replayed.code} (0), identical ${String(identical)} over ${decisions} decisions`,
      )
    }
    for (const id of ids.slice(0, 3)) {
      const rollout = (await demo.api().promotion(id)).rollout?.id ?? ''
      const restore = changeObservation(demo.home, rollout)
      report.measure(`${id}: ${restore.text}`)
      const replayed = await demo.cli(['promotion', 'replay', id], 60_000)
      restore.undo()
      const { identical, difference } = replayed.json as Replay
      report.check(
        replayed.code !== 0 && identical === false && difference !== undefined,
        `${id} with one cell changed: exit ${replayed.code} (not 0), ${JSON.stringify(difference)}`,
      )
      const again = await demo.cli(['promotion', 'replay', id], 60_000)
      report.check(again.code === 0, `${id} put right: exit ${again.code} (0)`)
    }
  },
}

async function ship(context: Context, demo: Demo, defect: string): Promise<string> {
  const build = await addTree(demo, 'blog', layTree(context, 'blog', defect))
  const result = await demo.cli(['deploy', 'blog', '--build', build.digest, '--wait'], 1_500_000)
  const { id } = (result.json ?? {}) as { readonly id?: string }
  if (id === undefined)
    throw new Error(
      `deploy blog (${defect}): exit ${result.code} after ${Math.round((result.endedAtMs - result.startedAtMs) / 1000)} s, stdout ${JSON.stringify(result.stdout.slice(-300))}, stderr ${JSON.stringify(result.stderr.slice(-300))}`,
    )
  return id
}
