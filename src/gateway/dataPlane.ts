import type { RouteIndex } from '../domain/routing/routeIndex.ts'
import type { Counters } from './counters.ts'
import type { Crowd } from './crowd.ts'
import type { Health } from './health.ts'
import type { GatewayLimits } from './limits.ts'
import type { Pools } from './pools.ts'
import type { RecentRequests } from './recentRequests.ts'
import type { Repeats } from './repeats.ts'
import type { Certificates } from './tls/certificates.ts'
import type { Tunnels } from './tunnels.ts'
import type { TurnEnd } from './turnEnd.ts'
import type { WaitWatch } from './waitWatch.ts'
import type { CallLedger } from './workers/callLedger.ts'

/** What one exchange works with. `index` and the layers of `pools` are replaced together when a table is applied. */
export interface DataPlane {
  readonly limits: GatewayLimits
  readonly counters: Counters
  readonly crowd: Crowd
  readonly certificates: Certificates
  readonly pools: Pools
  readonly health: Health
  readonly repeats: Repeats
  /** Workers only. */
  readonly calls?: CallLedger
  readonly recent: RecentRequests
  readonly firstBytes: WaitWatch
  /** Bodies of requests that are under way. */
  readonly bodies: WaitWatch
  readonly tunnels: Tunnels
  readonly turnEnd: TurnEnd
  index: RouteIndex
}
