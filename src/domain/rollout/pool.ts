import type { BuildRef } from '../catalog/buildRef.ts'

/** What one service is in one environment when nothing moves: its stable build and the instance of each host. */
export interface Pool {
  readonly environment: string
  readonly service: string
  readonly hosts: number
  readonly stable: BuildRef
  /** The build before; what `rollback` goes to. */
  readonly previous?: BuildRef
  /** Host id `1`…`n` → instance id. */
  readonly instances: Readonly<Record<string, string>>
}

/** Id of a pool's document. */
export function poolId(environment: string, service: string): string {
  return `${environment}/${service}`
}

/** Id of the instance that a rollout starts for a host; `0` for the instances a pool begins with. */
export function instanceId(environment: string, service: string, host: string, rollout: string): string {
  return `${environment}-${service}-${host}-${rollout}`
}
