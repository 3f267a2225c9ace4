/**
 * The route table: the immutable answer to "where does a request go". Compiled by the control plane, executed by a
 * gateway, never edited. It is data without code, so that other data planes can be given a translation of it.
 */
export interface RouteTable {
  readonly schema: 'cofferdam.table/1'
  /** Grows by one with each compiled table; a gateway refuses a generation that is not newer than its own. */
  readonly generation: number
  readonly environments: readonly TableEnvironment[]
}

export interface TableEnvironment {
  readonly name: string
  readonly doors: readonly Door[]
  readonly services: readonly TableService[]
  /** Absent: a full environment; what it does not have is refused, nothing leaves. */
  readonly base?: TableBase
}

export interface TableBase {
  readonly environment: string
  /** Methods that may leave towards the base. */
  readonly methods: readonly string[]
}

/** Where requests enter. A back door belongs to one service of the environment: that is how the caller is known. */
export interface Door {
  /** Unique in a table: `production/front`, `production/back/<service>`. */
  readonly id: string
  readonly kind: 'front' | 'back'
  readonly port: number
  /** IP address that it listens on; absent: 127.0.0.1. One that is not loopback goes with `tls` or `trustedProxies`. */
  readonly listen?: string
  /** Present: it speaks TLS and nothing else. The first is for clients that name no server. Front doors only. */
  readonly tls?: readonly DoorCertificate[]
  /**
   * Addresses, or ADDRESS/BITS, whose word about a request's origin is taken. Beyond loopback and without `tls` nobody
   * else is let in. Front doors only.
   */
  readonly trustedProxies?: readonly string[]
  /** The calling service; back doors only. */
  readonly caller?: string
  /** When an answer carries `x-cofferdam-served-by`. */
  readonly servedBy: 'always' | 'keyed' | 'never'
  /** A strict door refuses an unknown or expired key instead of letting the base answer. */
  readonly strict: boolean
  /** A key that every request through this door carries. */
  readonly key?: string
}

/** Where the gateway finds a certificate and its key: what is in the files never travels. */
export interface DoorCertificate {
  /** Absolute path of a PEM file. */
  readonly certificate: string
  /** Absolute path of a PEM file. */
  readonly key: string
  /** Server names in lower case; `*.example.com` for all with one more label. */
  readonly names: readonly string[]
}

export interface TableService {
  readonly name: string
  /** Browsers load pages from it: a front door deals its shares by session. */
  readonly pages: boolean
  readonly routes: readonly TableRoute[]
  readonly healthPath: string
  readonly layers: readonly TableLayer[]
}

export interface TableRoute {
  /** Host name without port; absent: any host. */
  readonly host?: string
  /** Path prefix beginning with `/`; matches whole segments. */
  readonly path: string
}

export interface TableLayer {
  /** `stable`, `canary`, `baseline`, `batch`, or the name of a key. */
  readonly name: string
  readonly who: LayerAudience
  readonly build: { readonly name: string; readonly digest: string }
  readonly hosts: readonly TableHost[]
  /**
   * Milliseconds that a share may be out without being renewed; then it goes to stable until a newer generation.
   * Absent: no limit.
   */
  readonly watchedForMs?: number
}

export type LayerAudience =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'key'; readonly key: string; readonly expiresAtMs?: number }
  /** Owns the half-open interval [from, to) of the draw. */
  | { readonly kind: 'share'; readonly from: number; readonly to: number }

export interface TableHost {
  /** The host's id as `status` shows it: `1`…`n`, `canary-1`, `baseline-1`. */
  readonly id: string
  /** `127.0.0.1:<port>`. */
  readonly address: string
  /** Id of the instance that runs there. */
  readonly instance: string
}
