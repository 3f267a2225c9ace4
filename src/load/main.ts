import { readFileSync } from 'node:fs'
import { readArguments } from './arguments.ts'
import { type Arrivals, openArrivals } from './arrivals.ts'
import { watchLifeline } from './lifeline.ts'
import { openLoadStats } from './loadStats.ts'
import { parsePlan } from './plan.ts'
import { openSender } from './sender.ts'
import { openVisitMaker, type PlannedRequest } from './visitMaker.ts'

const statsEveryMs = 10_000

try {
  start()
} catch (error) {
  console.error(`load: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(2)
}

function start(): void {
  const { front, visitsPerSecond, planFile } = readArguments(process.argv.slice(2))
  const plan = parsePlan(readFileSync(planFile, 'utf8'))
  if (visitsPerSecond === 0) return

  const sender = openSender(front)
  const stats = openLoadStats()
  const makeVisit = openVisitMaker(plan, Math.random)
  const arrivals = openArrivals(visitsPerSecond, Math.random, performance.now())
  const report = () => {
    const line = { at: new Date().toISOString(), visitsPerSecond, ...stats.take(), inFlight: sender.inFlight() }
    console.log(JSON.stringify(line))
  }
  const stop = () => {
    report()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Nobody reads any more: there is nobody left to ask for. A disk that is full is no reason to send less.
    if (error.code === 'EPIPE') process.exit(0)
  })
  if (process.env['COFFERDAM_LIFELINE'] === '1') watchLifeline(() => process.exit(0))
  setInterval(report, statsEveryMs)

  const send = (request: PlannedRequest) => {
    if (!sender.send(request, stats.end)) stats.drop()
  }
  runOpenLoop(arrivals, {
    miss: stats.miss,
    visit: (late) => {
      stats.visit(late)
      for (const request of makeVisit()) {
        if (request.afterMs < 1) send(request)
        else setTimeout(send, request.afterMs, request)
      }
    },
  })
}

interface Visitors {
  readonly visit: (late: boolean) => void
  readonly miss: (visits: number) => void
}

function runOpenLoop(arrivals: Arrivals, visitors: Visitors): void {
  const { due, late, missed } = arrivals.take(performance.now())
  if (missed > 0) visitors.miss(missed)
  for (let n = 0; n < due; n += 1) visitors.visit(n < late)
  setTimeout(() => runOpenLoop(arrivals, visitors), Math.max(1, arrivals.nextAtMs() - performance.now()))
}
