import { resolve, type Resolved, type RoutedRequest } from '../domain/routing/resolve.ts'
import type { IndexedDoor } from '../domain/routing/routeIndex.ts'
import type { Backend } from './backend.ts'
import type { DataPlane } from './dataPlane.ts'
import { layerState, type Seat } from './pools.ts'

/** Where a request goes whose host failed: same layer, another host, else the next in line. */
export interface NextSeat {
  readonly seat: Seat
  readonly resolved: Resolved
}

/** @param draw of the first attempt, so that the second one is no second draw. */
export function findNextSeat(
  plane: DataPlane,
  door: IndexedDoor,
  routed: RoutedRequest,
  failed: { readonly backend: Backend; readonly draw: number },
): NextSeat | undefined {
  const { layers } = plane.pools
  const resolved = resolve(
    door,
    routed,
    () => failed.draw,
    (layer) => layerState(layers, layer, failed.backend),
  )
  if (resolved.kind === 'refused') return undefined
  const seat = layers[resolved.layer.number]!.pick(plane.limits.inFlightPerHost, failed.backend)
  return seat === undefined ? undefined : { seat, resolved }
}
