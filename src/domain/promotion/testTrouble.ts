import type { Hold } from '../holds.ts'
import type { Promotion, StageTrip, TestTrouble } from './promotion.ts'

/** A test that could not be run is tried so often; then a person is asked for. */
const mostTries = 8
const firstWaitMs = 2_000
const longestWaitMs = 60_000

/** One more try of this stage's tests gave no result. */
export function addTrouble(stage: StageTrip, text: string, nowMs: number): StageTrip {
  return { ...stage, trouble: { tries: (stage.trouble?.tries ?? 0) + 1, atMs: nowMs, text } }
}

/** The stage as if its tests had never failed to run: after a result, and when a person asks for another try. */
export function withoutTrouble(stage: StageTrip): StageTrip {
  const { trouble: _trouble, ...rest } = stage
  return rest
}

/** Nobody tries again by himself: a person has to. */
export function isGivenUp({ trouble }: StageTrip): boolean {
  return trouble !== undefined && trouble.tries >= mostTries
}

/** Whether the tests of a stage may be run now. */
export function mayRunTests(stage: StageTrip, nowMs: number): boolean {
  return stage.trouble === undefined || (!isGivenUp(stage) && nowMs >= nextTryAtMs(stage.trouble))
}

/** Says why there is no result, and what happens next or what a person can do. */
export function troubleHold(promotion: Promotion, stage: StageTrip, trouble: TestTrouble): Hold {
  const hold = {
    rule: 'tests-running',
    on: stage.name,
    sinceMs: stage.startedAtMs ?? promotion.requestedAtMs,
    text: `the tests of ${stage.name} cannot be run (${trouble.tries} of ${mostTries} tries): ${trouble.text}`,
  } as const
  if (isGivenUp(stage))
    return {
      ...hold,
      help: `This says nothing about the build. Mend it, then \`cofferdam promotion retry ${promotion.id}\`; or \`cofferdam promotion abort ${promotion.id}\`.`,
    }
  return { ...hold, untilMs: nextTryAtMs(trouble), help: 'It is tried again by itself.' }
}

function nextTryAtMs({ tries, atMs }: TestTrouble): number {
  return atMs + Math.min(longestWaitMs, firstWaitMs * 2 ** (tries - 1))
}
