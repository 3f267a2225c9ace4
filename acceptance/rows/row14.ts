import type { Context } from '../context.ts'
import type { Demo } from '../demo.ts'
import { describeProcess, findByEnvironment, findByHome, isPortFree, listeningPorts } from '../processes.ts'
import type { Report } from '../report.ts'
import type { Row } from '../row.ts'
import { tryFor } from '../waitFor.ts'

export const row: Row = {
  id: 14,
  title: 'Ctrl-C and kill -9 of the demo leave nothing behind',
  run: async (context, report) => {
    const first = await context.demo()
    await endAndLook(first, report, 'SIGINT', 10_000)
    await tryFor(() => (first.exitCode() === null ? undefined : true), { withinMs: 2_000 })
    report.check(first.exitCode() === 0, `exit code ${first.exitCode()} (0)`)
    context.release()
    // With `--quick` the demo of row 20 is the one that is killed.
    await endAndLook(await context.ownDemo(context.quick ? 20 : context.rate), report, 'SIGKILL', 5_000)
    await lookAfterSweep(context)
  },
}

async function endAndLook(demo: Demo, report: Report, signal: 'SIGINT' | 'SIGKILL', withinMs: number): Promise<void> {
  const { home } = demo
  const marked = findByEnvironment(home)
  const all = [...new Set([...findByHome(home), demo.pid])]
  const ports = listeningPorts(all)
  report.measure(
    `${marked.length} processes with the home in their environment, ${all.length} in all, ${ports.length} ports`,
  )
  report.check(
    marked.length >= 25,
    `${signal}: ${marked.length} processes had the home in their environment (at least 25)`,
  )
  report.check(
    ports.length >= 22,
    `${signal}: ${ports.length} ports were listened on (at least 22: else this looks at nothing)`,
  )
  const begun = performance.now()
  // Ctrl-C reaches the whole group, kill -9 one process.
  if (signal === 'SIGINT') process.kill(-demo.pid, signal)
  else process.kill(demo.pid, signal)
  const gone = await tryFor(() => (findByHome(home).length === 0 ? true : undefined), { withinMs, everyMs: 25 })
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  const left = findByHome(home)
  report.check(
    gone.value === true,
    `${signal}: none left after ${seconds} s (at most ${withinMs / 1000})${left.length > 0 ? `: ${left.slice(0, 5).map(describeProcess).join('; ')}` : ''}`,
  )
  const taken: number[] = []
  for (const port of ports) if (!(await isPortFree(port))) taken.push(port)
  report.check(taken.length === 0, `${signal}: ports free${taken.length > 0 ? `, but for ${taken.join(', ')}` : ''}`)
}

async function lookAfterSweep(context: Context): Promise<void> {
  await context.endDemos()
}
