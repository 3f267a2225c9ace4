/** What a service answered in one slice of the last hour. */
export interface HourSliceDocument {
  /** Beginning of the slice. */
  readonly at: string
  readonly requests: number
  readonly bad: number
  /** Quantiles of the durations, ms; null without requests. */
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
}

/** The slice that ended last, of every service that had requests in it. */
export interface NewestSlicesDocument {
  /** Beginning of the slice; null before the first. */
  readonly at: string | null
  readonly services: readonly ({ readonly environment: string; readonly service: string } & Omit<
    HourSliceDocument,
    'at'
  >)[]
}

export interface DoorDocument {
  readonly id: string
  readonly kind: 'front' | 'back'
  readonly address: string
  /** The service that calls through it; null at a front door. */
  readonly caller: string | null
}

export interface LayerDocument {
  readonly service: string
  readonly name: string
  /** Who gets it: `everyone`, or the share of the draw that it owns. */
  readonly who: 'everyone' | 'share'
  readonly share: number
  readonly build: { readonly name: string; readonly digest: string }
  readonly hosts: number
  /** It goes back to stable when nobody watches it. */
  readonly watched: boolean
}

export interface EnvironmentNow {
  readonly doors: readonly DoorDocument[]
  readonly layers: readonly LayerDocument[]
}

export interface RequestsFilter {
  readonly environment: string
  readonly service?: string
  readonly failed?: boolean
  /** At most so many. */
  readonly limit: number
}

/** One request as a gateway saw it; the route stands for its path. */
export interface SeenRequestDocument {
  readonly id: string
  /** When it ended. */
  readonly at: string
  readonly method: string
  readonly route: string
  readonly status: number
  readonly ms: number
  /** The calling service; null: from outside. */
  readonly caller: string | null
  readonly environment: string
  readonly service: string
  readonly layer: string | null
  readonly host: string | null
  /** Rule of the gateway's own answer; null: the service answered. */
  readonly refused: string | null
  /** Steps of the resolver, as they were then. */
  readonly why: readonly { readonly rule: string; readonly text: string }[]
}
