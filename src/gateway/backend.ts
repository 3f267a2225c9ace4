import type { GatewayLimits } from './limits.ts'
import { openUpstream, type Upstream } from './transport.ts'

/** One running instance as the gateway sees it: its connections, what is in flight, and whether it is up. */
export class Backend {
  readonly address: string
  readonly instance: string
  readonly upstream: Upstream
  healthPath: string
  up = true
  /** Epoch milliseconds of the last change of `up`. */
  sinceMs: number
  /** Why it is up or down, for a person. */
  why = 'new in the table; taken for up until a check says otherwise'
  inFlight = 0
  failures = 0
  isDraining = false
  /** Called when the last request of a draining backend has ended. */
  onDrained: (() => void) | undefined

  constructor(address: string, instance: string, healthPath: string, limits: GatewayLimits) {
    this.address = address
    this.instance = instance
    this.healthPath = healthPath
    this.sinceMs = Date.now()
    this.upstream = openUpstream(address, limits)
  }

  claim(): void {
    this.inFlight += 1
  }

  release(): void {
    this.inFlight -= 1
    if (this.isDraining && this.inFlight === 0) this.onDrained?.()
  }

  markUp(why: string): void {
    if (!this.up) this.sinceMs = Date.now()
    this.up = true
    this.failures = 0
    this.why = why
  }

  markDown(why: string): void {
    if (this.up) this.sinceMs = Date.now()
    this.up = false
    this.why = why
  }
}
