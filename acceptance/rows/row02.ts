import { caused, describeClient, describeSeen, serverErrors } from '../client.ts'
import type { Context } from '../context.ts'
import type { Demo } from '../demo.ts'
import { waitForBuild } from '../demo.ts'
import { addTree, layTree } from '../exampleTree.ts'
import type { Report } from '../report.ts'
import type { Row } from '../row.ts'
import { firstCanaryMs, runTimed, spanOfShare, travel, type Voyage, waitForQuiet } from '../voyage.ts'

const withinMs = 300_000

interface Share {
  requests: number
  canary: number
}

export const row: Row = {
  id: 2,
  title: 'a good build arrives on every host, and users notice nothing',
  run: async (context, report) => {
    const demo = await context.demo()
    await waitForBuild(demo, 'blog', 'good')
    const runs = context.runs(10)
    const shares: Readonly<Record<string, Share>> = {
      '0.05': { requests: 0, canary: 0 },
      '0.1': { requests: 0, canary: 0 },
    }
    let inTime = 0
    for (let run = 0; run < runs; run += 1) {
      const voyage = await runTimed(() => once(context, demo, report), report, context.quick ? 1 : 4)
      if (await judge(demo, voyage, report)) inTime += 1
      addShares(voyage, shares)
    }
    report.check(inTime >= Math.ceil(runs * 0.9), `${inTime} of ${runs} arrived within 5 min`)
    for (const [share, low, high] of [
      ['0.05', 0.044, 0.056],
      ['0.1', 0.09, 0.11],
    ] as const)
      checkShare(report, share, shares[share] ?? { requests: 0, canary: 0 }, [low, high], runs)
  },
}

/** With `--quick` a second deploy is asked for at the same time: row 11 reads what it got. */
async function once(context: Context, demo: Demo, report: Report): Promise<Voyage> {
  const rival = context.quick ? await addTree(demo, 'blog', layTree(context, 'blog')) : undefined
  // A run that was void has shipped it already.
  const { hosts } = await demo.api().service('production', 'blog')
  if (hosts.some((host) => host.build === 'good')) await demo.cli(['rollback', 'blog'], 60_000)
  let asked = false
  const voyage = await travel(demo, 'good', {
    onSample: ({ promotion }) => {
      if (asked || !rival || promotion.phase === 'done') return
      asked = true
      void demo
        .cli(['deploy', 'blog', '--build', rival.digest, '--wait'], 60_000)
        .then((result) => context.facts.set('held deploy', { result, holder: promotion.id }))
    },
  })
  report.measure(
    `${describeClient(voyage.seen)}; ${((voyage.result.endedAtMs - voyage.result.startedAtMs) / 1000).toFixed(0)} s; "${voyage.promotion?.result?.text ?? voyage.result.stdout.slice(0, 300)}"`,
  )
  for (const one of caused(voyage.seen).slice(0, 3)) report.measure(describeSeen(one))
  return voyage
}

async function judge(demo: Demo, voyage: Voyage, report: Report): Promise<boolean> {
  const { result, promotion, seen } = voyage
  report.check(
    result.code === 0 && promotion?.phase === 'done',
    `exit ${result.code} (0), ${promotion?.phase ?? 'no promotion'} (done)`,
  )
  const hosts = await waitForQuiet(demo, 'blog')
  const digests = new Set(hosts.map((host) => host.digest))
  report.check(
    hosts.length === 4 && digests.size === 1 && digests.has(promotion?.candidate.digest ?? ''),
    `${hosts.length} hosts, ${digests.size} digest, the candidate's`,
  )
  const own = caused(seen)
  report.check(
    own.length === 0,
    `${own.length} answers of the gateway's own or resets (0)${own[0] ? `: ${describeSeen(own[0])}` : ''}`,
  )
  const errors = serverErrors(seen).length / Math.max(seen.length, 1)
  report.check(errors <= 0.002, `5xx ${(100 * errors).toFixed(3)} % of ${seen.length} (at most 0.2 %)`)
  report.check(firstCanaryMs(voyage) !== undefined, 'the canary answered C')
  report.check(
    voyage.unready.length === 0,
    `status never showed two hosts of a service unready${voyage.unready[0] ? `, but ${voyage.unready.length} times: ${voyage.unready[0]}` : ''}`,
  )
  checkBaseline(voyage, report)
  return result.code === 0 && result.endedAtMs - result.startedAtMs <= withinMs
}

/** Own pids, started within 5 s of the canary's, the same share within 1 pp. */
function checkBaseline({ guests, seen, samples }: Voyage, report: Report): void {
  const [canary, baseline] = [guests.get('canary-1'), guests.get('baseline-1')]
  const apartMs = Math.abs(Date.parse(canary?.startedAt ?? '') - Date.parse(baseline?.startedAt ?? ''))
  report.check(
    canary !== undefined && baseline !== undefined && canary.pid !== baseline.pid && apartMs <= 5_000,
    `canary pid ${canary?.pid}, baseline pid ${baseline?.pid}, started ${apartMs} ms apart (at most 5 s)`,
  )
  const span = spanOfShare(samples, 0.05)
  const inside = span ? seen.filter((one) => one.startMs >= span.fromMs && one.startMs <= span.toMs) : []
  const shares = ['canary', 'baseline'].map(
    (layer) => inside.filter((one) => one.layer === layer).length / Math.max(inside.length, 1),
  )
  // Of a few thousand requests chance alone makes a difference of more than 1 pp once in a while.
  const slack = 0.01 + 3 * Math.sqrt((2 * 0.05 * 0.95) / Math.max(inside.length, 1))
  report.check(
    inside.length > 0 && Math.abs((shares[0] ?? 0) - (shares[1] ?? 0)) <= slack,
    `at 5 %: canary ${percent(shares[0])}, baseline ${percent(shares[1])} of ${inside.length}`,
  )
}

function addShares({ seen, samples }: Voyage, shares: Readonly<Record<string, Share>>): void {
  for (const [share, total] of Object.entries(shares)) {
    const span = spanOfShare(samples, Number(share))
    const inside = span ? seen.filter((one) => one.startMs >= span.fromMs && one.endMs <= span.toMs) : []
    total.requests += inside.length
    total.canary += inside.filter((one) => one.layer === 'canary').length
  }
}

/** The table's limits are for ten runs together; of fewer, chance gets its three standard deviations. */
function checkShare(
  report: Report,
  share: string,
  { requests, canary }: Share,
  limits: readonly [number, number],
  runs: number,
): void {
  const expected = Number(share)
  const chance = runs >= 10 ? 0 : 3 * Math.sqrt((expected * (1 - expected)) / Math.max(requests, 1))
  const seen = canary / Math.max(requests, 1)
  report.check(
    requests > 0 && seen >= limits[0] - chance && seen <= limits[1] + chance,
    `C's canary share at ${100 * expected} %: ${percent(seen)} of ${requests} (${percent(limits[0])} to ${percent(limits[1])}${chance > 0 ? `, ± ${percent(chance)} by chance` : ''})`,
  )
  if (runs >= 10 && share === '0.05')
    report.check(requests >= 20_000, `${requests} requests at the 5 % step (at least 20,000)`)
}

function percent(value: number | undefined): string {
  return `${(100 * (value ?? 0)).toFixed(2)} %`
}
