import { addCounts, noCounts, type ArmCounts } from '../domain/analysis/counts.ts'
import { fromSparse, toSparse } from '../domain/analysis/durationBuckets.ts'
import type { Regime } from '../domain/analysis/judge.ts'
import type { Judge, Second, SparseCounts } from '../domain/rollout/judge.ts'
import { stepInForce } from '../domain/rollout/layout.ts'
import type { Rollout } from '../domain/rollout/rollout.ts'
import { dealtIn } from './dealing.ts'
import { createGrouping } from './grouping.ts'
import type { Cell, PoolHost } from './ports.ts'

const noCells: readonly Cell[] = []
const cellsIn = createGrouping<Cell>((one) => one)

/** What one read of a gateway brought: the seconds after `after`, up to `last`. */
export interface Page {
  readonly gateway: string
  readonly after: number
  readonly last: number
  readonly seconds: ReadonlyMap<number, readonly Cell[]>
  /** A second whose end is known. */
  readonly anchor: { readonly n: number; readonly to: number }
}

/** Cells are judged from the first shift on, and not once it goes back. */
export function isWatched(rollout: Rollout): boolean {
  return (
    rollout.phase === 'holding' ||
    rollout.phase === 'baking' ||
    rollout.phase === 'shifting' ||
    (rollout.phase === 'preparing' && rollout.step > 0)
  )
}

/** It took traffic and gives it back: what it still answers is counted. */
export function isGoingHome(rollout: Rollout): boolean {
  return rollout.plan.watch !== 'facts' && (rollout.phase === 'rolling-back' || rollout.phase === 'rolled-back')
}

/** When second `n` ended by the clock of the page's gateway. */
export function timeOf({ anchor }: Page, n: number): number {
  return anchor.to + (n - anchor.n) * 1_000
}

/** The last second of a page that was over at this instant; the one before the page when none was. */
export function lastSecondUntil(page: Page, atMs: number): number {
  let n = page.last
  while (n > page.after && (page.seconds.get(n)?.[0]?.to ?? timeOf(page, n)) > atMs) n -= 1
  return n
}

/** Number of the step that is judged: the one in force; the bake comes after the last. */
function judgedStep(rollout: Rollout): number {
  return rollout.phase === 'baking' ? rollout.plan.steps.length : stepInForce(rollout)
}

/** Time judged at an earlier step is no time at this one. */
export function atPresentStep(judge: Judge, rollout: Rollout): Judge {
  const step = judgedStep(rollout)
  return judge.judged.step === step ? judge : { ...judge, judged: { step, ms: 0, watchedMs: 0 } }
}

/**
 * What a rollout sees of one second.
 * @param now what is known of the hosts, where requests are dealt one by one
 */
export function secondOf(
  page: Page,
  rollout: Rollout,
  n: number,
  now: { readonly hosts: readonly PoolHost[]; readonly nowMs: number } | undefined,
): Second {
  const own = cellsIn(page.seconds.get(n) ?? noCells, rollout.environment, rollout.service)
  const arm = (...layers: readonly string[]) => sum(own.filter((cell) => layers.includes(cell.layer)))
  const toMs = own[0]?.to ?? timeOf(page, n)
  const fromMs = toMs - 1_000
  const dealt = now && dealtIn({ rollout, cells: own, fromMs, toMs, ...now })
  return {
    n,
    gateway: page.gateway,
    fromMs,
    toMs,
    step: judgedStep(rollout),
    regime: regimeOf(rollout),
    arms: { canary: arm('canary', 'batch'), baseline: arm('baseline'), stable: arm('stable') },
    ...(dealt ? { dealt } : {}),
    ...(isInForce(rollout, fromMs) ? { inForce: true } : {}),
    ...(isGoingHome(rollout) ? { home: true } : {}),
  }
}

/** Seconds from before its traffic moved are read late after a restart: they are none of this step's. */
function isInForce(rollout: Rollout, fromMs: number): boolean {
  return (rollout.phase === 'holding' || rollout.phase === 'baking') && fromMs >= rollout.sinceMs
}

function regimeOf(rollout: Rollout): Regime {
  const step = rollout.plan.steps[stepInForce(rollout)]
  if (step?.kind === 'share') return 'canary'
  return step && step.hosts < rollout.hosts ? 'batch' : 'past'
}

function sum(cells: readonly Cell[]): SparseCounts {
  const total = cells.reduce<ArmCounts>(
    (counts, cell) =>
      addCounts(counts, {
        requests: cell.requests,
        bad: cell.bad,
        durations: cell.durations.length === 0 ? [] : fromSparse(cell.durations),
      }),
    noCounts,
  )
  return { requests: total.requests, bad: total.bad, durations: toSparse(total.durations) }
}
