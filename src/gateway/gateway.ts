import type { RouteTable } from '../domain/routing/table.ts'
import { ControlledGateway, type GatewayReport } from './controlledGateway.ts'
import type { DataPlane } from './dataPlane.ts'
import { explainRequest, type Explained, type ExplainQuestion } from './explainRequest.ts'
import type { GatewayLimits } from './limits.ts'
import { PortTaken } from './listener.ts'
import { renderMetrics } from './metrics.ts'
import type { SeenHost } from './pools.ts'
import type { SeenFilter, SeenRequest } from './recentRequests.ts'
import { Serving } from './serving.ts'
import { Certificates, type SeenCertificate } from './tls/certificates.ts'
import { certificateMetrics } from './tls/certificateMetrics.ts'
import type { LayerName, Renewal, ShareWatch } from './shareWatch.ts'

/** A gateway that serves its doors itself, in this process. */
export class Gateway extends ControlledGateway {
  readonly workers = 1
  private readonly serving: Serving

  constructor(dir: string, id: string, limits: GatewayLimits, report: GatewayReport = () => undefined) {
    super(dir, id, limits)
    this.serving = new Serving(limits, this.tallies, new Certificates(limits.certificatePollMs, report))
  }

  get plane(): DataPlane {
    return this.serving.plane
  }

  get shares(): ShareWatch {
    return this.serving.shares
  }

  workerPids(): readonly number[] {
    return [process.pid]
  }

  sparePid(): undefined {
    // Nobody can take this process' place.
  }

  protected open(): void {
    this.serving.start()
  }

  protected async swap(table: RouteTable): Promise<readonly string[]> {
    try {
      if (this.generation === 0) await this.serving.begin(table)
      else this.serving.use(await this.serving.prepare(table))
      return []
    } catch (error) {
      if (error instanceof PortTaken) return [error.message]
      throw error
    }
  }

  protected collect(): void {
    // Everything is counted here.
  }

  protected prune(nowMs: number): void {
    this.serving.prune(nowMs)
  }

  protected async close(withinMs: number): Promise<void> {
    await this.serving.stop(withinMs)
  }

  renew(names: readonly LayerName[]): Renewal {
    return this.shares.renew(names, performance.now())
  }

  unwatched(): LayerName[] {
    return this.shares.unwatched()
  }

  pools(): readonly SeenHost[] {
    return this.plane.pools.list()
  }

  requests(filter: SeenFilter): readonly SeenRequest[] {
    return this.plane.recent.list(filter)
  }

  explain(question: ExplainQuestion): Explained {
    return explainRequest(this.plane, question)
  }

  certificates(): readonly SeenCertificate[] {
    return this.plane.certificates.list()
  }

  metrics(): string {
    return (
      renderMetrics(this.tallies, this.plane.counters, this.generation) + certificateMetrics(this.plane.certificates)
    )
  }
}
