import type { BuildRef } from '../catalog/buildRef.ts'
import { differingSettings, type Settings } from '../catalog/setting.ts'

/** What one service is in one environment when nothing moves: its stable build and the instance of each host. */
export interface Pool {
  readonly environment: string
  readonly service: string
  readonly hosts: number
  readonly stable: BuildRef
  /** The build before; what `rollback` goes to. */
  readonly previous?: BuildRef
  /** What its hosts get, kept with the pool: other values are a change that ships like a build. */
  readonly settings?: Settings
  /** What they got before; what `rollback` goes to. */
  readonly previousSettings?: Settings
  /** Host id `1`…`n` → instance id. */
  readonly instances: Readonly<Record<string, string>>
}

/** Id of a pool's document. */
export function poolId(environment: string, service: string): string {
  return `${environment}/${service}`
}

/** The pool runs this build with these settings; a pool that does not say what it has is taken at its build. */
export function runsAlready(pool: Pool, build: BuildRef, settings: Settings | undefined): boolean {
  return pool.stable.digest === build.digest && olderSettings(pool, settings).length === 0
}

/** The names of settings that its hosts have with another value, or not at all. */
export function olderSettings(pool: Pool, settings: Settings | undefined): readonly string[] {
  return pool.settings && settings ? differingSettings(pool.settings, settings) : []
}

/** Id of the instance that a rollout starts for a host; `0` for the instances a pool begins with. */
export function instanceId(environment: string, service: string, host: string, rollout: string): string {
  return `${environment}-${service}-${host}-${rollout}`
}
