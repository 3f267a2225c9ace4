import type { IndexedLayer } from '../domain/routing/routeIndex.ts'
import type { Counters } from './counters.ts'

/** A layer and the time of its watch. */
export interface WatchedLayer {
  readonly layer: IndexedLayer
  /** Nobody renewed its share in time; only a newer table ends that. */
  isUnwatched: boolean
  /** Monotonic milliseconds. */
  renewedAtMs: number
}

/** The watch of a share as another process can take it over: clocks of two processes have nothing in common. */
export interface WatchAge {
  readonly name: LayerName
  readonly agoMs: number
  readonly isUnwatched: boolean
}

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
  private readonly layers: () => readonly WatchedLayer[]
  private readonly counters: Counters

  constructor(layers: () => readonly WatchedLayer[], counters: Counters) {
    this.layers = layers
    this.counters = counters
  }

  /** To be called often: latches what ran out. @param nowMs monotonic. @returns what was latched by this call. */
  sweep(nowMs: number): readonly LayerName[] {
    const ranOut: LayerName[] = []
    for (const pool of this.layers()) {
      const { watchedForMs } = pool.layer.layer
      if (watchedForMs === undefined || pool.isUnwatched || pool.layer.layer.who.kind !== 'share') continue
      if (nowMs - pool.renewedAtMs > watchedForMs) {
        pool.isUnwatched = true
        this.counters.unwatched += 1
        ranOut.push(nameOf(pool.layer))
      }
    }
    return ranOut
  }

  /** Sends shares home that ran out elsewhere. @returns those that were still out here. */
  latch(names: readonly LayerName[]): readonly LayerName[] {
    const pools = this.layers().filter((pool) => !pool.isUnwatched && names.some((name) => isNamed(pool.layer, name)))
    for (const pool of pools) {
      pool.isUnwatched = true
      this.counters.unwatched += 1
    }
    return pools.map((pool) => nameOf(pool.layer))
  }

  /** How old each watch is. @param nowMs monotonic. */
  ages(nowMs: number): WatchAge[] {
    return this.layers()
      .filter((pool) => pool.layer.layer.watchedForMs !== undefined)
      .map((pool) => ({
        name: nameOf(pool.layer),
        agoMs: nowMs - pool.renewedAtMs,
        isUnwatched: pool.isUnwatched,
      }))
  }

  /** Takes over watches, so that a process that starts anew gives no share more time. @param nowMs monotonic. */
  restore(ages: readonly WatchAge[], nowMs: number): void {
    for (const { name, agoMs, isUnwatched } of ages) {
      const pool = this.layers().find((one) => isNamed(one.layer, name))
      if (pool === undefined) continue
      pool.renewedAtMs = nowMs - agoMs
      pool.isUnwatched = isUnwatched
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
