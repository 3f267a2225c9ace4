/** Every rule that can keep something from moving. A closed list: the reference page is tested against it. */
export const holdRules = {
  'not-ready': 'instances that the next step needs are not ready yet',
  'tests-running': 'the tests of the stage have not all ended',
  'staging-taken': 'another promotion is in that environment',
  'minimum-time': 'the step has not been judged for its minimum time',
  'harm-suspected': 'the evidence of harm is above 1',
  'not-enough-data': 'too few requests to tell',
  'cannot-see': 'the measurements are missing, stale or contradictory',
  'cannot-save': 'the store takes no writes, so nothing that is decided comes into force',
  'gateway-silent': 'a gateway has not answered for 10 s',
  deadline: 'the step has reached its deadline without a proof of health',
  'service-busy': 'a promotion of the same service is under way',
  'stage-order': 'stages are taken in the order of the pipeline',
  'cannot-tell': 'at this traffic the canary could never tell a good build from a bad one',
  'forward-only': 'the build has a migration that cannot be taken back',
  'emergency-follow-up': 'an emergency has not been followed up',
} as const

export type HoldRule = keyof typeof holdRules

/** A reason why something does not move now: the only output of any rule. */
export interface Hold {
  readonly rule: HoldRule
  /** The thing that waits or that is waited for: `p-7`, `r-9`, `staging`, `g1`. */
  readonly on: string
  readonly sinceMs: number
  readonly untilMs?: number
  /** One sentence: what is the case. */
  readonly text: string
  /** One sentence: what would help. */
  readonly help: string
}

/** An answer to a request to change something: an expected refusal is a value, not an error. */
export type Outcome<T> =
  | { readonly accepted: true; readonly value: T }
  | { readonly accepted: false; readonly holds: readonly Hold[] }
