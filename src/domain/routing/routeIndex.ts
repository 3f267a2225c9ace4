import type { Door, TableLayer, TableRoute } from './table.ts'
import type { Why } from './why.ts'

/** A table made ready for questions: per request a few map look-ups, nothing else. */
export interface RouteIndex {
  readonly generation: number
  readonly environments: ReadonlyMap<string, IndexedEnvironment>
  readonly doors: ReadonlyMap<string, IndexedDoor>
  /** All layers; `layers[i].number === i`. */
  readonly layers: readonly IndexedLayer[]
}

export interface IndexedDoor {
  readonly door: Door
  readonly environment: IndexedEnvironment
}

export interface IndexedEnvironment {
  readonly name: string
  /** Routes that ask for a host name, by that name in lower case. */
  readonly byHost: ReadonlyMap<string, PathNode>
  readonly anyHost: PathNode
  readonly services: readonly IndexedService[]
  readonly servicesByName: ReadonlyMap<string, IndexedService>
  /** Keys of layers here or in a base; the value is when the key expires, Infinity for never. */
  readonly keys: ReadonlyMap<string, number>
  readonly base?: IndexedBase
}

export interface IndexedBase {
  readonly environment: IndexedEnvironment
  readonly methods: ReadonlySet<string>
  readonly why: Why
  readonly whyEgress: Why
}

/** One path segment of the routes. */
export interface PathNode {
  readonly children: ReadonlyMap<string, PathNode>
  readonly route?: IndexedRoute
}

export interface IndexedRoute {
  readonly route: TableRoute
  /** Path segments; the longer one wins. */
  readonly depth: number
  readonly service: IndexedService
  readonly why: Why
}

export interface IndexedService {
  readonly name: string
  readonly environment: string
  readonly pages: boolean
  readonly healthPath: string
  readonly layers: readonly IndexedLayer[]
  readonly byKey: ReadonlyMap<string, IndexedLayer>
  /** Layers that own a part of the draw, by `from`. */
  readonly shares: readonly IndexedLayer[]
  /** Who answers when the layer that should is dead: everyone's layers, then shares, the widest first. */
  readonly inLine: readonly IndexedLayer[]
}

export interface IndexedLayer {
  readonly number: number
  readonly service: IndexedService
  readonly layer: TableLayer
  /** Why this layer was chosen. */
  readonly why: Why
  /** Said when it is stood in for. */
  readonly whyDead: Why
  readonly whyUnwatched: Why
}
