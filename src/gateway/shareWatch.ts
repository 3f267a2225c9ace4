import type { IndexedLayer } from '../domain/routing/routeIndex.ts'
import type { Counters } from './counters.ts'
import type { LayerPool } from './pools.ts'

export interface LayerName {
  readonly environment: string
  readonly service: string
  readonly layer: string
}

export interface Renewal {
  readonly renewed: number
  /** Named, but not in the table or without a limit. */
  readonly unknown: readonly LayerName[]
  /** Named, but already home: only a newer table brings them back. */
  readonly unwatched: readonly LayerName[]
}

function nameOf(layer: IndexedLayer): LayerName {
  return { environment: layer.service.environment, service: layer.service.name, layer: layer.layer.name }
}

function isNamed(layer: IndexedLayer, name: LayerName): boolean {
  return (
    layer.layer.name === name.layer &&
    layer.service.name === name.service &&
    layer.service.environment === name.environment
  )
}

/** Sends a share home that nobody watches. Works on the gateway's own monotonic clock and needs nobody. */
export class ShareWatch {
  private readonly layers: () => readonly LayerPool[]
  private readonly counters: Counters

  constructor(layers: () => readonly LayerPool[], counters: Counters) {
    this.layers = layers
    this.counters = counters
  }

  /** To be called often: latches what ran out. @param nowMs monotonic. */
  sweep(nowMs: number): void {
    for (const pool of this.layers()) {
      const { watchedForMs } = pool.layer.layer
      if (watchedForMs === undefined || pool.isUnwatched || pool.layer.layer.who.kind !== 'share') continue
      if (nowMs - pool.renewedAtMs > watchedForMs) {
        pool.isUnwatched = true
        this.counters.unwatched += 1
      }
    }
  }

  renew(names: readonly LayerName[], nowMs: number): Renewal {
    // What ran out since the last sweep stays out: a late renewal must not revive it.
    this.sweep(nowMs)
    let renewed = 0
    const unknown: LayerName[] = []
    const unwatched: LayerName[] = []
    for (const name of names) {
      const pool = this.layers().find((one) => isNamed(one.layer, name))
      if (pool === undefined) unknown.push(name)
      else if (pool.isUnwatched) unwatched.push(name)
      else {
        pool.renewedAtMs = nowMs
        renewed += 1
      }
    }
    return { renewed, unknown, unwatched }
  }

  unwatched(): LayerName[] {
    return this.layers()
      .filter((pool) => pool.isUnwatched)
      .map((pool) => nameOf(pool.layer))
  }
}
