import type { DataStore } from './dataStore.ts'
import type { SettingValue } from './setting.ts'

/** What one instance should be. Written down before it is started; the receiver refuses an older generation. */
export interface InstanceSpec {
  /** Unique for ever: `<environment>-<service>-<host>-<rollout>`. Names the folder `instances/<id>`. */
  readonly id: string
  readonly generation: number
  readonly environment: string
  readonly service: string
  /** `1`…`n`, `canary-1`, `baseline-1`. */
  readonly host: string
  readonly build: { readonly digest: string; readonly name: string }
  readonly command: readonly string[]
  readonly ready: { readonly path: string; readonly withinMs: number }
  readonly graceMs: number
  readonly settings: Readonly<Record<string, SettingValue>>
  readonly data: readonly DataStore[]
  /** Port of the service's back door in this environment. */
  readonly backDoorPort: number
  /** More exits than `times` within `withinMs` before it was ever ready long: a crash loop. */
  readonly crashes: { readonly times: number; readonly withinMs: number }
}

export type InstancePhase =
  /** Stores are migrated and seeded. */
  | 'preparing'
  | 'starting'
  | 'ready'
  /** Exited; starts again at the end of its back-off. */
  | 'backing-off'
  | 'stopping'
  /** Gave up: see `failure`. */
  | 'failed'

/** What the runtime knows of one instance. */
export interface InstanceSeen {
  readonly spec: InstanceSpec
  readonly phase: InstancePhase
  /** The port it listens on; the same for its whole life, also across restarts. */
  readonly port: number
  /** The service's own process. */
  readonly pid?: number
  readonly startedAtMs?: number
  readonly readyAtMs?: number
  /** Exits within the crash window, oldest first. */
  readonly exits: readonly { readonly atMs: number; readonly code: number }[]
  readonly failure?: {
    readonly cause: 'crash-loop' | 'not-ready' | 'store-failed' | 'cannot-start'
    readonly text: string
  }
  /** Resident memory samples, 5 s apart, the last 3, oldest first; bytes. */
  readonly memory: readonly number[]
}
