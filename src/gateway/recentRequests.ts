import type { Resolved } from '../domain/routing/resolve.ts'
import type { RefusalRule, Why } from '../domain/routing/why.ts'

/** One request as a person looks at it. The route stands for the path: paths and queries may hold what is nobody's business. */
export interface SeenRequest {
  readonly id: string
  /** Epoch milliseconds of its end. */
  readonly atMs: number
  readonly method: string
  readonly route: string
  readonly status: number
  readonly ms: number
  readonly caller: string | null
  readonly environment: string
  readonly service: string
  readonly layer: string | null
  readonly host: string | null
  readonly refused: RefusalRule | null
  /** The steps of the resolver that brought it there, as they were then. */
  readonly why: readonly Why[]
}

/** A request as the gateway has it when it ends. */
export interface EndedRequest {
  readonly id: string
  /** Monotonic milliseconds. */
  readonly startedAtMs: number
  readonly method: string
  readonly status: number
  readonly caller: string | null
  readonly resolved: Resolved
  /** Null: none was asked. */
  readonly host: string | null
  readonly refused: RefusalRule | null
}

export interface SeenFilter {
  readonly environment?: string
  readonly service?: string
  readonly layer?: string
  readonly failed?: boolean
  /** So many of the newest; absent: all that are kept. */
  readonly limit?: number
}

const kept = 1_000
const maxServices = 500

interface Ring {
  readonly requests: SeenRequest[]
  at: number
}

interface Rings {
  readonly failed: Ring
  readonly sampled: Ring
  second: number
  inSecond: number
}

function add(ring: Ring, request: SeenRequest): void {
  if (ring.requests.length < kept) {
    ring.requests.push(request)
    return
  }
  ring.requests[ring.at] = request
  ring.at = (ring.at + 1) % kept
}

/** The last 1,000 failed requests of each service, and 1,000 of the others, of which at most some of each second are taken. */
export class RecentRequests {
  private readonly byEnvironment = new Map<string, Map<string, Rings>>()
  private services = 0
  private readonly samplesPerSecond: number

  constructor(samplesPerSecond: number) {
    this.samplesPerSecond = samplesPerSecond
  }

  private ringsOf(environment: string, service: string): Rings | undefined {
    // Two look-ups: joining the names for one would cost more than both, with each request.
    let byService = this.byEnvironment.get(environment)
    if (byService === undefined) {
      byService = new Map()
      this.byEnvironment.set(environment, byService)
    }
    let rings = byService.get(service)
    if (rings === undefined && this.services < maxServices) {
      rings = { failed: { requests: [], at: 0 }, sampled: { requests: [], at: 0 }, second: 0, inSecond: 0 }
      byService.set(service, rings)
      this.services += 1
    }
    return rings
  }

  /** Keeps a request that failed, and some of the others. */
  note(ended: EndedRequest): void {
    const { resolved, status } = ended
    const { environment, service, layer, route } = resolved
    const failed = status >= 500
    const atMs = Date.now()
    if (!failed && !this.wantsSample(environment, service.name, atMs)) return
    const { id, method, caller, host, refused } = ended
    const ms = Math.round((performance.now() - ended.startedAtMs) * 100) / 100
    const names = { environment, service: service.name, layer: host === null ? null : layer.layer.name }
    this.add(
      { id, atMs, method, route: route.route.path, status, ms, caller, ...names, host, refused, why: resolved.why },
      failed,
    )
  }

  /** Whether a request that did not fail should be added now: asked before its record is made. */
  private wantsSample(environment: string, service: string, nowMs: number): boolean {
    const rings = this.ringsOf(environment, service)
    if (rings === undefined) return false
    const second = Math.floor(nowMs / 1000)
    if (rings.second !== second) {
      rings.second = second
      rings.inSecond = 0
    }
    rings.inSecond += 1
    return rings.inSecond <= this.samplesPerSecond
  }

  add(request: SeenRequest, failed: boolean): void {
    const rings = this.ringsOf(request.environment, request.service)
    if (rings !== undefined) add(failed ? rings.failed : rings.sampled, request)
  }

  /** Newest first. */
  list(filter: SeenFilter): SeenRequest[] {
    const limit = filter.limit ?? Number.POSITIVE_INFINITY
    const found: SeenRequest[] = []
    for (const rings of [...this.byEnvironment.values()].flatMap((byService) => [...byService.values()])) {
      const sources =
        filter.failed === undefined ? [rings.failed, rings.sampled] : [filter.failed ? rings.failed : rings.sampled]
      for (const ring of sources) found.push(...newest(ring, filter, limit))
    }
    return found.sort((a, b) => b.atMs - a.atMs).slice(0, limit)
  }
}

/** The newest of several lists, as one list would have kept them: at most 1,000 failed and 1,000 others of each service. */
export function mergeRecent(lists: readonly (readonly SeenRequest[])[]): SeenRequest[] {
  const counts = new Map<string, number>()
  return lists
    .flat()
    .sort((a, b) => b.atMs - a.atMs)
    .filter((request) => {
      const ring = `${request.environment}\n${request.service}\n${request.status >= 500}`
      const count = (counts.get(ring) ?? 0) + 1
      counts.set(ring, count)
      return count <= kept
    })
}

/** At most `limit` of a ring that match, newest first: whoever asks each second does not have all of them looked at. */
function newest({ requests, at }: Ring, filter: SeenFilter, limit: number): readonly SeenRequest[] {
  const found: SeenRequest[] = []
  for (let back = 1; back <= requests.length && found.length < limit; back += 1) {
    const request = requests[(at - back + requests.length) % requests.length]!
    if (!matches(request, filter)) continue
    found.push(request)
  }
  return found
}

function matches(request: SeenRequest, filter: SeenFilter): boolean {
  return (
    (filter.environment === undefined || request.environment === filter.environment) &&
    (filter.service === undefined || request.service === filter.service) &&
    (filter.layer === undefined || request.layer === filter.layer)
  )
}
