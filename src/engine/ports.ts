import type { NoiseHistory } from '../domain/analysis/noiseHistory.ts'
import type { Build } from '../domain/catalog/build.ts'
import type { InstanceSeen, InstanceSpec } from '../domain/catalog/instance.ts'
import type { Organisation } from '../domain/catalog/organisation.ts'
import type { Promotion } from '../domain/promotion/promotion.ts'
import type { Judge } from '../domain/rollout/judge.ts'
import type { Pool } from '../domain/rollout/pool.ts'
import type { Rollout } from '../domain/rollout/rollout.ts'
import type { RouteTable } from '../domain/routing/table.ts'
import type { SuiteTest, ProbeTest, TestResult } from '../domain/test/test.ts'

/** Every kind of document in the store, with what it holds. */
export interface Documents {
  readonly build: Build
  /** Id: the revision as a decimal number. Never changed once written. */
  readonly organisation: Organisation
  readonly promotion: Promotion
  readonly rollout: Rollout
  /** Id: the rollout's. */
  readonly judge: Judge
  /** Id: `<environment>/<service>`. */
  readonly pool: Pool
  /** Id: `<environment>/<service>`: what is remembered of how rough it is. */
  readonly noise: NoiseHistory
  /** Id: always `current`. */
  readonly table: RouteTable
  /** Id: always `current`: door id → port. */
  readonly doors: Readonly<Record<string, number>>
}

export type DocumentKind = keyof Documents

export interface Stored<K extends DocumentKind> {
  readonly id: string
  /** Compare-and-set number: 1 when created, one more with each save. */
  readonly revision: number
  readonly document: Documents[K]
}

export type DocumentWrite = {
  [K in DocumentKind]: {
    readonly kind: K
    readonly id: string
    /** The revision that was read; 0 creates. */
    readonly revision: number
    readonly document: Documents[K]
    /** Indexed for `list`. */
    readonly service?: string
    readonly phase?: string
  }
}[DocumentKind]

export interface NewEvent {
  /** Epoch milliseconds. */
  readonly atMs: number
  readonly actor: string
  /** noun.past-participle */
  readonly kind: string
  readonly on: string
  readonly promotion?: string
  readonly service?: string
  readonly environment?: string
  readonly text: string
  readonly data?: Readonly<Record<string, unknown>>
}

export interface Event extends NewEvent {
  /** Counts without gaps from 1. */
  readonly id: number
}

/** One stored observation of a rollout: the cells of one second as they were judged. */
export interface Observation {
  readonly rollout: string
  /** Counts up in the order of judging; the number of the cell, as long as there is one gateway. */
  readonly n: number
  readonly json: string
}

export interface Write {
  readonly documents?: readonly DocumentWrite[]
  readonly events?: readonly NewEvent[]
  readonly observations?: readonly Observation[]
  /** Rollouts whose observations are deleted. */
  readonly forget?: readonly string[]
}

export type Committed =
  | { readonly saved: true; readonly events: readonly Event[] }
  | { readonly saved: false; readonly stale: { readonly kind: DocumentKind; readonly id: string } }

export interface Store {
  readonly load: <K extends DocumentKind>(kind: K, id: string) => Promise<Stored<K> | undefined>
  /** Newest first by creation; `limit` at most 1,000. */
  readonly list: <K extends DocumentKind>(
    kind: K,
    filter?: { readonly service?: string; readonly phases?: readonly string[]; readonly limit?: number },
  ) => Promise<readonly Stored<K>[]>
  /** All or nothing, durable when it returns. */
  readonly commit: (write: Write) => Promise<Committed>
  /** The next number of a counter, from 1; gaps are allowed. */
  readonly next: (counter: 'promotion' | 'organisation') => Promise<number>
  /** Events with an id above `after`, oldest first, at most `limit`. */
  readonly events: (after: number, limit: number) => Promise<readonly Event[]>
  readonly lastEventId: () => Promise<number>
  readonly observations: (rollout: string, afterN: number, limit: number) => Promise<readonly Observation[]>
  /** The remembered answer of a keyed request, if any; forgets what is older than 24 h. */
  readonly recall: (
    key: string,
    nowMs: number,
  ) => Promise<{ readonly request: string; readonly answer: string } | undefined>
  readonly remember: (key: string, request: string, answer: string, nowMs: number) => Promise<void>
  readonly close: () => Promise<void>
}

export interface Runtime {
  /** Makes it so that this instance runs, and starts it again with back-off when it dies. Idempotent; an older generation is refused. */
  readonly ensure: (spec: InstanceSpec) => Promise<void>
  /** TERM, grace, KILL of the group; forgets the instance when it is gone. Idempotent, returns at once. */
  readonly remove: (id: string) => Promise<void>
  /** A snapshot of what is known, cheap. */
  readonly list: () => readonly InstanceSeen[]
  /** Called with an instance id whenever something about it changed; returns the unsubscribe. */
  readonly subscribe: (changed: (id: string) => void) => () => void
  readonly logs: (id: string, options: { readonly lines: number }) => Promise<readonly string[]>
}

export interface Builds {
  /**
   * Snapshots a folder; the same content gives the same digest. Throws `not-a-service-folder`, `too-large`.
   *
   * @param mustHold the file that the command runs must be in the folder.
   */
  readonly snapshot: (
    from: string,
    command: readonly string[],
    mustHold?: boolean,
  ) => Promise<{ readonly digest: string; readonly bytes: number; readonly files: number }>
  readonly has: (digest: string) => Promise<boolean>
  /** Absolute path of the tree. */
  readonly path: (digest: string) => string
}

/** One 1-s cell of one (environment, service, layer, host), as a gateway cut it. */
export interface Cell {
  readonly n: number
  readonly from: number
  readonly to: number
  readonly environment: string
  readonly service: string
  readonly layer: string
  readonly host: string
  readonly build: string
  readonly requests: number
  readonly bad: number
  readonly aborted: number
  /** Sparse: [bucket index, count]. */
  readonly durations: readonly (readonly [number, number])[]
  readonly byCode: Readonly<Record<string, number>>
}

export interface PoolHost {
  readonly environment: string
  readonly service: string
  readonly layer: string
  readonly host: string
  readonly address: string
  readonly up: boolean
  readonly since: string
  readonly why: string
  readonly inFlight: number
  readonly draining?: boolean
}

export interface GatewayState {
  readonly id: string
  readonly pid: number
  readonly workers: number
  readonly generation: number
  readonly appliedAt: string | null
  readonly startedAt: string
  /** Why the table in force is not on the gateway's disk. */
  readonly tableProblem?: string
  readonly unwatched?: readonly { readonly environment: string; readonly service: string; readonly layer: string }[]
  /** Of doors that speak TLS. */
  readonly certificates?: readonly {
    readonly door: string
    readonly names: readonly string[]
    readonly expiresAt: string | null
    readonly problem: string | null
  }[]
}

export type PutAnswer =
  | {
      readonly applied: true
      readonly generation: number
      readonly appliedAt: string
      /** Null: in force, and not on the gateway's disk for the reason in `problem`; the gateway tries again by itself. */
      readonly durableAt: string | null
      readonly problem?: string
    }
  | { readonly applied: false; readonly generation: number; readonly problems: readonly string[] }

/** The gateways of this home. Each call has its own time-out and throws `unreachable` when it passes. */
export interface Traffic {
  readonly gateways: () => readonly string[]
  readonly state: (gateway: string) => Promise<GatewayState>
  readonly put: (gateway: string, table: string) => Promise<PutAnswer>
  readonly watched: (
    gateway: string,
    layers: readonly { environment: string; service: string; layer: string }[],
    generation: number,
  ) => Promise<void>
  readonly cells: (
    gateway: string,
    after: number,
    waitMs: number,
  ) => Promise<{ readonly cells: readonly Cell[]; readonly next: number; readonly oldest: number }>
  readonly pools: (gateway: string) => Promise<readonly PoolHost[]>
  readonly explain: (
    gateway: string,
    request: { method: string; url: string; headers: Readonly<Record<string, string>>; door?: string; draw?: number },
  ) => Promise<unknown>
  readonly requests: (
    gateway: string,
    filter: { environment?: string; service?: string; layer?: string; failed?: boolean; limit?: number },
  ) => Promise<readonly unknown[]>
}

export interface TestContext {
  readonly frontDoor: string
  readonly service: string
  readonly environment: string
  readonly digest: string
  readonly signal: AbortSignal
}

export interface Tests {
  readonly run: (test: ProbeTest | SuiteTest, context: TestContext) => Promise<TestResult>
}

export interface Clock {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Milliseconds that only ever grow, from an arbitrary start. */
  readonly monotonic: () => number
  /** Calls once after `ms`; returns the cancel. */
  readonly after: (ms: number, call: () => void) => () => void
}

/** Everything that the engine needs from outside. */
export interface Ports {
  readonly store: Store
  readonly runtime: Runtime
  readonly traffic: Traffic
  readonly builds: Builds
  readonly tests: Tests
  readonly clock: Clock
  /** A TCP port on 127.0.0.1 that is free now; a wanted one, or `port-taken` naming who listens there. */
  readonly reservePort: (wanted: number | 'auto') => Promise<number>
  /** An error of a pass that comes back with back-off: for the log. */
  readonly report: (kind: string, error: unknown) => void
  /** Time from the end of a slice to its saved decision, ms: for the metrics. */
  readonly measureLag: (ms: number) => void
}
