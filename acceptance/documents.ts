/** The documents of the contract, as far as the rows read them. */
export interface ReadyFile {
  readonly schema: string
  readonly home: string
  readonly pid: number
  readonly api: string
  readonly tokenFile: string
  readonly controlPlane: { readonly pid: number }
  readonly gateways: readonly { readonly id: string; readonly pid: number; readonly metrics: string }[]
  readonly environments: Readonly<Record<string, { readonly front: string }>>
  readonly load: { readonly pid: number; readonly rate: number } | null
}

export interface Host {
  readonly id: string
  readonly build: string
  readonly digest: string
  readonly pid: number | null
  readonly startedAt: string | null
  readonly ready: boolean
  readonly layer: string
}

export interface ServiceStatus {
  readonly name: string
  readonly stable: string
  readonly hosts: readonly Host[]
  readonly kept: readonly Host[]
}

export interface Status {
  readonly environments: readonly { readonly name: string; readonly services: readonly ServiceStatus[] }[]
}

export interface Arm {
  readonly requests: number
  readonly bad: number
}

export interface Hold {
  readonly rule: string
  readonly on: string
  readonly since: string
  readonly text: string
  readonly help: string
}

export interface Promotion {
  readonly id: string
  readonly service: string
  readonly candidate: { readonly digest: string }
  readonly phase: string
  readonly stage: string
  readonly requestedBy: string
  readonly requestedAt: string
  readonly stages: readonly {
    readonly name: string
    readonly phase: string
    readonly startedAt?: string
    readonly endedAt?: string
  }[]
  readonly rollout?: {
    readonly id: string
    readonly phase: string
    readonly layer: string
    readonly share: { readonly set: number; readonly seen: number }
    readonly hosts: { readonly total: number; readonly onNew: number }
    readonly arms: { readonly stable: Arm; readonly canary: Arm; readonly baseline: Arm }
    readonly verdict: string
  }
  readonly holds: readonly Hold[]
  readonly result?: {
    readonly outcome: string
    readonly stage: string
    readonly cause?: string
    readonly metric?: string
    readonly text: string
    readonly at: {
      readonly firstBad?: string
      readonly decided?: string
      readonly applied?: string
      readonly lastServed?: string
    }
  }
}

export interface Event {
  readonly id: number
  readonly at: string
  readonly actor: string
  readonly kind: string
  readonly on: string
  readonly promotion?: string
  readonly service?: string
  readonly text: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface Problem {
  readonly code: string
  readonly detail: string
  readonly holds?: readonly Hold[]
  readonly problems?: readonly unknown[]
}

export interface Build {
  readonly digest: string
  readonly name: string
  readonly service: string
}

export function hasEnded(promotion: Promotion): boolean {
  return ['done', 'rolled-back', 'aborted', 'superseded'].includes(promotion.phase)
}
