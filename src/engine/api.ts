import type { Build } from '../domain/catalog/build.ts'
import type { Organisation } from '../domain/catalog/organisation.ts'
import type { Hold, Outcome } from '../domain/holds.ts'
import type {
  EnvironmentNow,
  HourSliceDocument,
  NewestSlicesDocument,
  RequestsFilter,
  SeenRequestDocument,
} from './catalogDocuments.ts'
import type { Event } from './ports.ts'

/**
 * What the engine can be asked, by the HTTP API and by composition roots. Documents are those of the contract:
 * instants are ISO 8601 strings, shares are fractions. Unknown names throw a `CofferdamError`; refusals are values.
 */
export interface EngineApi {
  readonly addBuild: (request: AddBuild) => Promise<Build>
  readonly builds: (filter: { readonly service?: string }) => Promise<readonly Build[]>
  readonly deploy: (request: Deploy) => Promise<Outcome<Deployed>>
  readonly rollback: (request: Rollback) => Promise<Outcome<PromotionDocument>>
  readonly abort: (promotion: string, reason: string, by: string) => Promise<Outcome<PromotionDocument>>
  readonly retry: (
    promotion: string,
    reason: string,
    by: string,
    requestKey?: string,
  ) => Promise<Outcome<PromotionDocument>>
  readonly pass: (
    promotion: string,
    reason: string,
    by: string,
    requestKey?: string,
  ) => Promise<Outcome<PromotionDocument>>
  readonly plan: (request: { readonly service: string; readonly build: string }) => Promise<PlanDocument>
  readonly apply: (
    organisation: Organisation,
    by: string,
  ) => Promise<Outcome<{ readonly revision: string; readonly changed: boolean }>>
  readonly organisation: () => Promise<Organisation>

  readonly promotion: (id: string) => Promise<PromotionDocument>
  readonly promotions: (filter: {
    readonly service?: string
    readonly limit?: number
  }) => Promise<readonly PromotionDocument[]>
  /** Promotions that have not ended, newest first. */
  readonly underWay: () => Promise<readonly PromotionDocument[]>
  readonly status: () => Promise<StatusDocument>
  readonly holds: () => Promise<readonly (HoldDocument & { readonly promotion: string })[]>
  readonly explain: (request: Explain) => Promise<ExplainDocument>
  readonly logs: (request: {
    readonly service: string
    readonly environment?: string
    readonly host?: string
    /** What the instances wrote that this promotion started, also after they were removed. */
    readonly promotion?: string
    readonly lines: number
  }) => Promise<readonly string[]>
  readonly events: (after: number, limit: number) => Promise<readonly Event[]>
  readonly lastEventId: () => Promise<number>
  /** What is told of one promotion, oldest first. */
  readonly eventsOf: (promotion: string) => Promise<readonly Event[]>
  /** Calls after each commit that appended events; returns the unsubscribe. */
  readonly onEvents: (wake: () => void) => () => void
  /** What was counted for a promotion, in slices of `sliceMs`, oldest first; with `after` only what is newer than that cell. Empty once it is forgotten. */
  readonly series: (
    promotion: string,
    options: { readonly sliceMs: number; readonly after?: number },
  ) => Promise<readonly SliceDocument[]>
  /** What a service answered in an environment in the last hour, oldest first. */
  readonly hourSeries: (service: string, environment: string) => Promise<readonly HourSliceDocument[]>
  /** The newest slice of every service that has one. */
  readonly newestSlices: () => Promise<NewestSlicesDocument>
  /** Doors and layers of an environment as they are now. */
  readonly environmentNow: (environment: string) => Promise<EnvironmentNow>
  /** What each service answered in the last minute, second by second. */
  readonly traffic: () => Promise<TrafficDocument>
  /** Recent failed and sampled requests of the promotion's service, from the gateways. */
  readonly requests: (promotion: string) => Promise<readonly unknown[]>
  /** Recent failed and sampled requests of an environment, newest first. */
  readonly environmentRequests: (filter: RequestsFilter) => Promise<readonly SeenRequestDocument[]>
  readonly replay: (promotion: string) => Promise<ReplayDocument>
  /** Ready to serve: doors known, every gateway has the table. */
  readonly readiness: () => Promise<{ readonly ready: boolean; readonly text: string }>
}

export interface AddBuild {
  readonly service: string
  /** Absolute path. */
  readonly from: string
  readonly command?: readonly string[]
  readonly name?: string
  readonly commit?: string
  readonly about?: string
}

export interface Deploy {
  readonly service: string
  /** Name, digest, or a unique beginning of a digest of at least 8 digits. */
  readonly build: string
  /** Only to be refused with `stage-order`, unless it is the first or an emergency. */
  readonly stage?: string
  readonly emergency?: { readonly reason: string; readonly incident: string }
  readonly by: string
  /** Names this request: asked again it is given what it began, also when the first answer was lost in a crash. */
  readonly requestKey?: string
}

/** `already`: the build runs everywhere, nothing was started. */
export type Deployed =
  | {
      readonly already: true
      readonly service: string
      readonly build: { readonly name: string; readonly digest: string }
      readonly text: string
    }
  | { readonly already: false; readonly promotion: PromotionDocument }

export interface Rollback {
  readonly service: string
  readonly to?: string
  readonly by: string
  readonly reason?: string
  /** As in `Deploy`. */
  readonly requestKey?: string
}

export interface Explain {
  readonly method: string
  /** Absolute URL of a door, or a path (the front door of the last stage's environment). */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export interface HoldDocument extends Omit<Hold, 'sinceMs' | 'untilMs'> {
  readonly since: string
  readonly until: string | null
}

/** A share of requests, or so many hosts. */
export interface StepDocument {
  readonly kind: 'share' | 'hosts'
  readonly share?: number
  readonly hosts?: number
  readonly minimumMs: number
}

/** What the analysis says of one metric: evidence starts at 1. */
export interface MetricDocument {
  readonly name: string
  readonly harm: number
  readonly health: number
  /** For latency `bad` counts requests slower than `thresholdMs`; of the control, than `controlThresholdMs`. */
  readonly canary: ArmDocument
  readonly control: ArmDocument
  /** Fraction that is tolerated at the control's rate. */
  readonly tolerated: number
  readonly thresholdMs?: number
  readonly controlThresholdMs?: number
}

export interface SliceArmDocument extends ArmDocument {
  /** Quantiles of the durations, ms; null without requests. */
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
}

/** Counts of the arms in one slice of time. */
export interface SliceDocument {
  /** Beginning of the slice. */
  readonly at: string
  /** Number of its last cell: pass it as `after`. */
  readonly n: number
  readonly step: number
  readonly canary: SliceArmDocument
  readonly baseline: SliceArmDocument
  readonly stable: SliceArmDocument
}

export interface TrafficDocument {
  readonly services: readonly {
    readonly environment: string
    readonly service: string
    /** The last seconds, oldest first, at most 60; those without requests are 0. */
    readonly requests: readonly number[]
    readonly bad: readonly number[]
  }[]
}

interface ArmDocument {
  readonly requests: number
  readonly bad: number
}

export interface PromotionDocument {
  readonly id: string
  readonly service: string
  readonly candidate: {
    readonly digest: string
    readonly builds: Readonly<Record<string, { readonly name: string; readonly digest: string }>>
  }
  readonly kind: 'deploy' | 'rollback'
  readonly emergency?: { readonly reason: string; readonly incident: string; readonly closedBy?: string }
  readonly phase: 'waiting' | 'moving' | 'done' | 'rolling-back' | 'rolled-back' | 'aborted' | 'superseded'
  readonly stage: string
  readonly requestedBy: string
  readonly requestedAt: string
  readonly endedAt?: string
  readonly stages: readonly {
    readonly name: string
    readonly phase: 'pending' | 'running' | 'passed' | 'failed'
    readonly startedAt?: string
    readonly endedAt?: string
    readonly tests: readonly {
      readonly name: string
      readonly kind: string
      readonly passed: boolean
      readonly ms: number
      readonly text: string
    }[]
  }[]
  /** What it replaces; absent until its first rollout has begun. */
  readonly replaces?: { readonly name: string; readonly digest: string }
  readonly rollout?: {
    readonly id: string
    readonly environment: string
    readonly phase: string
    /** When the present phase began. */
    readonly since: string
    readonly plan: {
      readonly steps: readonly StepDocument[]
      /** Index into `steps`: the one in force or on its way; as many as there are steps while it bakes. */
      readonly step: number
      readonly bakeMs: number
      /** Per share; then a hold for a person. */
      readonly deadlineMs: number
      /** Replaced instances run on until the bake has ended. */
      readonly keepsPrevious: boolean
    }
    readonly layer: string
    readonly share: { readonly set: number; readonly seen: number }
    readonly hosts: { readonly total: number; readonly onNew: number }
    readonly arms: { readonly stable: ArmDocument; readonly canary: ArmDocument; readonly baseline: ArmDocument }
    readonly verdict: 'pass' | 'fail' | 'not-enough-data' | 'cannot-see'
    /** Strength of the evidence of harm; it goes back at `limit`. */
    readonly evidence?: {
      readonly harm: number
      readonly limit: number
      /** Evidence for health at which a metric is proven. */
      readonly proof: number
      readonly worst: string
      readonly metrics: readonly MetricDocument[]
      /** Absolute limits of the new build. */
      readonly guards?: { readonly errors: number; readonly latencyP99Ms: number; readonly memoryBytes: number }
    }
    /** Judged time at the present step, of its minimum. */
    readonly judged?: { readonly ms: number; readonly minimumMs: number }
  }
  readonly holds: readonly HoldDocument[]
  readonly result?: {
    readonly outcome: 'done' | 'rolled-back' | 'aborted'
    readonly stage: string
    readonly cause?: string
    readonly metric?: string
    readonly text: string
    readonly canary?: ArmDocument
    readonly control?: ArmDocument
    readonly tolerated?: number
    readonly at: {
      readonly firstBad?: string
      readonly decided?: string
      readonly applied?: string
      readonly lastServed?: string
    }
  }
}

export interface StatusDocument {
  /** The pipeline that every service goes through. */
  readonly stages: readonly {
    readonly name: string
    readonly kind: 'test' | 'canary' | 'production'
    readonly environment: string
  }[]
  readonly environments: readonly {
    readonly name: string
    readonly front: string
    readonly services: readonly {
      readonly name: string
      readonly owner: string
      /** Build name that serves everyone. */
      readonly stable: string
      readonly digest: string
      /** Settings that its hosts have otherwise than the configuration says: a deploy ships them. Absent: none. */
      readonly olderSettings?: readonly string[] | undefined
      readonly hosts: readonly HostDocument[]
      readonly kept: readonly HostDocument[]
    }[]
  }[]
  readonly gateways: readonly {
    readonly id: string
    readonly pid: number | null
    readonly generation: number | null
    readonly silent: boolean
  }[]
  readonly moving: readonly {
    readonly promotion: string
    readonly service: string
    readonly stage: string
    readonly text: string
  }[]
}

export interface HostDocument {
  readonly id: string
  readonly build: string
  readonly digest: string
  readonly pid: number | null
  readonly startedAt: string | null
  readonly ready: boolean
  readonly layer: string
  readonly instance: string
  /** Why it cannot run, while it is not ready. */
  readonly failure?: string | undefined
}

export interface PlanDocument {
  readonly canTell: boolean
  readonly text: string
  readonly stages: readonly {
    readonly name: string
    readonly requests: number
    readonly minutes: number
    readonly finds: readonly {
      readonly metric: string
      readonly from: number
      readonly to: number
      readonly minutes: number
    }[]
  }[]
  readonly wayBack: { readonly open: boolean; readonly ms: number; readonly text: string }
}

export interface ExplainDocument {
  readonly service: string | null
  readonly environment: string
  readonly layer: string | null
  readonly build: string | null
  readonly host: string | null
  readonly status: number
  readonly why: readonly { readonly rule: string; readonly text: string }[]
}

export interface ReplayDocument {
  readonly identical: boolean
  /** Judged seconds compared: at each of them a return could be decided. */
  readonly decisions: number
  readonly slices: number
  readonly difference?: { readonly at: number; readonly recorded: string; readonly replayed: string }
}
