import type { Arm } from '../documents.ts'
import { describeClient } from '../client.ts'
import { addTree, layTree } from '../exampleTree.ts'
import type { Row } from '../row.ts'
import { runTimed, type Sample, travel, waitForQuiet } from '../voyage.ts'

const chaos = { errors: 0.05, seconds: 60 }
const arms = ['stable', 'canary', 'baseline'] as const

export const row: Row = {
  id: 4,
  title: 'an incident that all instances share does not send a good build home',
  run: async (context, report) => {
    const demo = await context.demo()
    for (let run = 0; run < context.runs(1); run += 1) {
      let startedAtMs = 0
      // An attempt may be void and yet have arrived; so each ships bytes of its own.
      const once = async () => {
        startedAtMs = 0
        const build = await addTree(demo, 'blog', layTree(context, 'blog', 'good'))
        return travel(demo, build.digest, {
          onSample: ({ promotion }) => {
            if (startedAtMs > 0 || (promotion.rollout?.arms.canary.requests ?? 0) === 0) return
            startedAtMs = Date.now()
            void fetch(`${demo.front()}/api/blog/chaos`, {
              method: 'POST',
              body: JSON.stringify(chaos),
              headers: { 'content-type': 'application/json' },
            }).then((answer) => report.check(answer.ok, `chaos asked for: ${answer.status}`))
          },
        })
      }
      const voyage = await runTimed(once, report)
      report.measure(`${describeClient(voyage.seen)}; "${voyage.promotion?.result?.text}"`)
      report.check(
        voyage.result.code === 0 && voyage.promotion?.phase === 'done',
        `exit ${voyage.result.code} (0), ${voyage.promotion?.phase} (done)`,
      )
      const during = voyage.samples.filter(
        ({ atMs }) => startedAtMs > 0 && atMs >= startedAtMs + 1_000 && atMs <= startedAtMs + chaos.seconds * 1_000,
      )
      for (const arm of arms) {
        const { requests, bad } = difference(during, arm)
        report.check(
          requests > 0 && bad / requests >= 0.03,
          `${arm} meanwhile: ${bad} of ${requests} bad, ${((100 * bad) / Math.max(requests, 1)).toFixed(1)} % (at least 3)`,
        )
      }
      await waitForQuiet(demo, 'blog')
      if (run + 1 < context.runs(1)) await demo.cli(['rollback', 'blog'], 60_000)
    }
  },
}

/** What an arm counted while it took part: its counters start again with a new part of the rollout. */
function difference(samples: readonly Sample[], arm: (typeof arms)[number]): Arm {
  let [requests, bad] = [0, 0]
  let before: Arm | undefined
  for (const { promotion } of samples) {
    const now = promotion.rollout?.arms[arm]
    if (now && before && now.requests >= before.requests) {
      requests += now.requests - before.requests
      bad += Math.max(0, now.bad - before.bad)
    }
    before = now
  }
  return { requests, bad }
}
