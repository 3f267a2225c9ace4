import { compileIndex } from '../domain/routing/compileIndex.ts'
import type { RouteIndex } from '../domain/routing/routeIndex.ts'
import type { RouteTable } from '../domain/routing/table.ts'
import { Counters } from './counters.ts'
import { Crowd, descriptorLimit } from './crowd.ts'
import type { DataPlane } from './dataPlane.ts'
import { Doors } from './doors.ts'
import { Health } from './health.ts'
import type { GatewayLimits } from './limits.ts'
import { Pools } from './pools.ts'
import { RecentRequests } from './recentRequests.ts'
import { Repeats } from './repeats.ts'
import { ShareWatch } from './shareWatch.ts'
import type { Tallies } from './tallies.ts'
import type { Certificates } from './tls/certificates.ts'
import { Tunnels } from './tunnels.ts'
import { TurnEnd } from './turnEnd.ts'
import { WaitWatch } from './waitWatch.ts'
import type { CallLedger } from './workers/callLedger.ts'

const sweepMs = 100

/** The data plane of one process: the doors, and everything that works by the table in force. */
export class Serving {
  readonly plane: DataPlane
  readonly shares: ShareWatch
  private readonly doors: Doors
  private readonly tallies: Tallies
  private sweepTimer: NodeJS.Timeout | undefined

  /**
   * @param certificates read for these doors alone: which were read and taken is told by whoever made them.
   * @param calls where a worker notes calls at back doors, which its primary compares with those of other workers.
   */
  constructor(limits: GatewayLimits, tallies: Tallies, certificates: Certificates, calls?: CallLedger) {
    const counters = new Counters()
    const pools = new Pools(limits, tallies)
    this.tallies = tallies
    this.plane = {
      limits,
      counters,
      crowd: new Crowd(limits.maxDescriptors ?? descriptorLimit() ?? Infinity),
      certificates,
      pools,
      health: new Health(limits, () => pools.current()),
      repeats: new Repeats(limits.repeatMs, limits.maxRepeats),
      ...(calls === undefined ? {} : { calls }),
      recent: new RecentRequests(limits.samplesPerSecond),
      firstBytes: new WaitWatch(limits.firstByteMs),
      bodies: new WaitWatch(limits.bodyGraceMs),
      tunnels: new Tunnels(
        limits,
        () => pools.layers,
        (id) => this.plane.index.doors.has(id),
      ),
      turnEnd: new TurnEnd(),
      index: compileIndex({ schema: 'cofferdam.table/1', generation: 0, environments: [] }),
    }
    this.shares = new ShareWatch(() => pools.layers, counters)
    this.doors = new Doors(this.plane)
  }

  start(): void {
    this.plane.health.start()
    this.plane.firstBytes.start()
    this.plane.bodies.start()
    this.plane.tunnels.start()
    this.plane.certificates.start()
    this.sweepTimer = setInterval(() => this.shares.sweep(performance.now()), sweepMs)
  }

  /** The first table: in force before a door opens, so that no request comes too early. @throws PortTaken: nothing changed. */
  async begin(table: RouteTable): Promise<void> {
    const before = this.plane.index
    const index = compileIndex(table)
    this.use(index)
    try {
      await this.plane.certificates.prepare(index)
      await this.doors.openFor(index)
    } catch (error) {
      this.use(before)
      throw error
    }
  }

  /** Opens the doors that a table needs in addition; requests are not routed by it yet. @throws PortTaken: nothing changed. */
  async prepare(table: RouteTable): Promise<RouteIndex> {
    const index = compileIndex(table)
    await this.plane.certificates.prepare(index)
    await this.doors.openFor(index)
    return index
  }

  /** Changes everything in one turn, then closes doors that are gone. */
  use(index: RouteIndex): void {
    this.plane.pools.swap(index, performance.now())
    this.plane.index = index
    this.doors.use(index)
    this.plane.certificates.use(index)
    this.plane.health.refresh()
  }

  /** Stops listening on ports whose doors are to listen on another address. */
  release(ports: readonly number[]): void {
    this.doors.release(ports)
  }

  /** Closes what was opened for a table that is not used after all, and opens again what was closed for it. */
  abandon(): void {
    this.doors.use(this.plane.index)
    void this.doors.openFor(this.plane.index).catch(() => undefined)
  }

  prune(nowMs: number): void {
    this.tallies.prune(this.plane.pools.talliesInUse(), nowMs)
  }

  /** Accepts nothing more and lets requests in flight end, for `withinMs` at most. */
  async stop(withinMs: number): Promise<void> {
    this.plane.tunnels.stop()
    await this.doors.closeAll(withinMs)
    this.plane.tunnels.close()
    this.plane.health.stop()
    this.plane.certificates.stop()
    this.plane.firstBytes.stop()
    this.plane.bodies.stop()
    clearInterval(this.sweepTimer)
    this.plane.pools.close()
  }
}
