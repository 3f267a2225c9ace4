/** Words that an explanation may use; a closed list. */
export type WhyRule =
  | 'key'
  | 'key-unknown'
  | 'key-expired'
  | 'route'
  | 'layer-key'
  | 'layer-share'
  | 'layer-stable'
  | 'pool-dead'
  | 'unwatched'
  | 'base'
  | 'egress'
  | 'no-route'

/** One step of the resolver, for a person. */
export interface Why {
  readonly rule: WhyRule
  readonly text: string
}

/** Every answer that a gateway itself gives, with its status: the value of `x-cofferdam-refused`. */
export const refusalStatus = {
  'no-route': 404,
  egress: 403,
  'strict-key': 404,
  malformed: 400,
  'head-too-large': 431,
  'body-too-large': 413,
  'too-slow': 408,
  /** An address that is no trusted proxy, at a door that is for those alone; its connection is closed. */
  'not-trusted': 403,
  /** Too much on one connection that only costs; it is closed. */
  flood: 429,
  overloaded: 503,
  'no-host': 503,
  'upstream-failed': 502,
  'upstream-timeout': 504,
} as const

export type RefusalRule = keyof typeof refusalStatus

/** What `explain` says about one request: the same in the gateway's answer, the API and the CLI. */
export interface Explanation {
  readonly service: string | null
  readonly environment: string
  readonly layer: string | null
  readonly build: { readonly name: string; readonly digest: string } | null
  /** The host that would be asked now. */
  readonly host: string | null
  /** 200: it would be forwarded (what the service answers is not known); otherwise the status of the refusal. */
  readonly status: number
  /** Present when the gateway itself would answer. */
  readonly refused?: RefusalRule
  readonly door: string
  /** The draw that was used, when a share was asked. */
  readonly draw?: number
  readonly why: readonly Why[]
}
