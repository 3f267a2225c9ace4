import type { Hold } from '../holds.ts'
import { isActive, type Rollout } from '../rollout/rollout.ts'
import type { Promotion } from './promotion.ts'

type Rollouts = ReadonlyMap<string, Rollout>

/** A way back that did not arrive: its environment still runs what the promotion brought. */
export interface FailedReturn {
  readonly environment: string
  /** The trip that has to be taken back. */
  readonly trip: Rollout
  /** Tries so far, the present one included. */
  readonly tries: number
  /** Why the last try that ended did not arrive, and when the next one begins; absent while one is under way. */
  readonly last?: { readonly text: string; readonly endedAtMs: number; readonly nextAtMs: number }
}

const firstWaitMs = 10_000
const longestWaitMs = 5 * 60_000

/** The rollout that brought the build into an environment for everyone: it has to be taken back by another one. */
export function arrivedTrip(promotion: Promotion, environment: string, rollouts: Rollouts): Rollout | undefined {
  const stage = promotion.stages.find((one) => one.environment === environment && one.rollout !== undefined)
  const rollout = stage?.rollout === undefined ? undefined : rollouts.get(stage.rollout)
  return rollout?.phase === 'complete' ? rollout : undefined
}

/** Every environment whose way back failed at least once and has not arrived since. */
export function failedReturns(promotion: Promotion, rollouts: Rollouts): readonly FailedReturn[] {
  return Object.entries(promotion.returns).flatMap(([environment, id]) => {
    const trip = arrivedTrip(promotion, environment, rollouts)
    const present = rollouts.get(id)
    const tries = triesOf(id)
    if (!trip || present?.phase === 'complete' || (tries === 1 && present?.phase !== 'rolled-back')) return []
    if (!present || isActive(present)) return [{ environment, trip, tries }]
    const endedAtMs = present.endedAtMs ?? present.sinceMs
    const nextAtMs = endedAtMs + Math.min(longestWaitMs, firstWaitMs * 2 ** (tries - 1))
    const text = (present.back?.text ?? 'it did not arrive').replace(/^rolled back: /, '')
    return [{ environment, trip, tries, last: { text, endedAtMs, nextAtMs } }]
  })
}

/** The id of the next try: `r-7-4`, `r-7-4.2`, `r-7-4.3` … Derived, so that a crash cannot start two. */
export function nextTry(id: string): string {
  return `${id.split('.')[0] ?? id}.${triesOf(id) + 1}`
}

function triesOf(id: string): number {
  return Number(id.split('.')[1] ?? 1)
}

/** Says what an environment still runs, for as long as it is not what it was. */
export function returnHold(promotion: Promotion, failed: FailedReturn): Hold {
  const { environment, trip, tries, last } = failed
  const what = `${environment} still runs ${trip.to.name}: the way back to ${trip.from.name}`
  return {
    rule: 'not-ready',
    on: environment,
    sinceMs: last?.endedAtMs ?? promotion.wish?.atMs ?? trip.endedAtMs ?? trip.sinceMs,
    ...(last ? { untilMs: last.nextAtMs } : {}),
    text: last ? `${what} failed ${times(tries)}, because ${last.text}; it is tried again` : `${what} is tried again`,
    help: `Mend what keeps ${trip.from.name} from starting; or leave it as it is with \`cofferdam promotion pass ${promotion.id} --reason …\`.`,
  }
}

/** What was left as it is, for the sentence of the end. */
export function leftText(promotion: Promotion, rollouts: Rollouts): string {
  const { leftAs } = promotion
  if (!leftAs) return ''
  const left = failedReturns(promotion, rollouts).map(
    ({ environment, trip }) =>
      `${environment} still runs ${trip.to.name}, because ${trip.from.name} could not be started`,
  )
  return left.length === 0 ? '' : `; ${left.join(', ')}: left so by ${leftAs.by}: ${leftAs.reason}`
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
