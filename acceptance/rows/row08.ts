import { setTimeout as pause } from 'node:timers/promises'
import { caused, describeClient, lateFraction, startClient } from '../client.ts'
import { waitForCanary } from '../canaryOfPages.ts'
import { waitForBuild } from '../demo.ts'
import { kill } from '../processes.ts'
import { requestDeploy } from '../requestDeploy.ts'
import type { Row } from '../row.ts'

const goneAfterMs = 65_000
const lookForMs = 15_000

export const row: Row = {
  id: 8,
  title: 'a canary that nobody watches goes home by itself',
  run: async (context, report) => {
    const demo = await context.demo()
    await waitForBuild(demo, 'blog', 'good')
    const api = demo.api()
    const client = await startClient({ front: demo.front() })
    const { pid } = demo.ready().controlPlane
    try {
      const id = await requestDeploy(demo, { service: 'blog', build: 'good' })
      await waitForCanary(demo, id)
      kill(pid, 'SIGSTOP')
      const stoppedAtMs = Date.now()
      await pause(goneAfterMs + lookForMs)
      kill(pid, 'SIGCONT')
      const ended = await api.follow(id, () => false, 60_000)
      const seen = await client.stop()
      report.measure(`${describeClient(seen)}; "${ended.result?.text}"`)
      const before = seen.filter((one) => one.startMs < stoppedAtMs + 5_000 && one.layer === 'canary').length
      report.check(before > 0, `${before} canary answers before it was stopped, or in the 5 s after`)
      const watched = seen.filter(
        (one) => one.startMs >= stoppedAtMs + goneAfterMs && one.startMs < stoppedAtMs + goneAfterMs + lookForMs,
      )
      const late = watched.filter((one) => one.layer === 'canary').length
      const last = seen.findLast((one) => one.layer === 'canary')
      report.measure(
        `last canary answer ${last ? ((last.startMs - stoppedAtMs) / 1000).toFixed(1) : '-'} s after the stop; C late ${(100 * lateFraction(seen)).toFixed(2)} %`,
      )
      report.check(watched.length > 1_000 && late === 0, `${late} canary answers of ${watched.length} from 65 s on (0)`)
      report.check(caused(seen).length === 0, `${caused(seen).length} answers of the gateway's own or resets (0)`)
      report.check(
        ended.phase === 'rolled-back' && ended.result?.cause === 'unwatched',
        `after -CONT: ${ended.phase} (rolled-back), cause ${ended.result?.cause} (unwatched)`,
      )
    } finally {
      kill(pid, 'SIGCONT')
      await client.stop()
    }
  },
}
