import type { Explained, ExplainQuestion } from '../explainRequest.ts'
import type { SeenHost } from '../pools.ts'
import type { SeenFilter, SeenRequest } from '../recentRequests.ts'
import type { LayerName, WatchAge } from '../shareWatch.ts'
import type { Increments } from './increments.ts'

/** What the primary asks a worker, and what it is answered. */
export interface Questions {
  /** The first table: work by it, then open its doors. */
  readonly join: {
    readonly ask: { readonly bytes: Uint8Array; readonly watches: readonly WatchAge[] }
    readonly answer: { readonly problems: readonly string[] }
  }
  /** Stop listening on these ports: their doors are to listen on another address, which one process alone cannot change. */
  readonly release: {
    readonly ask: { readonly ports: readonly number[] }
    readonly answer: { readonly ports: readonly number[] }
  }
  /** Check a table and open its doors; requests are not routed by it yet. */
  readonly prepare: {
    readonly ask: { readonly bytes: Uint8Array }
    readonly answer: { readonly problems: readonly string[] }
  }
  /** Work by the prepared table from now on. */
  readonly commit: {
    readonly ask: { readonly generation: number }
    readonly answer: { readonly generation: number }
  }
  readonly pools: { readonly ask: null; readonly answer: readonly SeenHost[] }
  readonly requests: { readonly ask: SeenFilter; readonly answer: readonly SeenRequest[] }
  readonly explain: { readonly ask: ExplainQuestion; readonly answer: Explained }
}

export type Question = keyof Questions

/** What needs no answer. Messages arrive in the order in which they were sent. */
export type Order =
  | { readonly kind: 'abandon' }
  | { readonly kind: 'watched'; readonly generation: number; readonly layers: readonly LayerName[] }
  | { readonly kind: 'unwatched'; readonly generation: number; readonly layers: readonly LayerName[] }
  /** Hand over what was counted. */
  | { readonly kind: 'collect' }
  | { readonly kind: 'stop'; readonly withinMs: number }

export type Asked = { [Q in Question]: { readonly question: Q; readonly ask: Questions[Q]['ask'] } }[Question]

export type ToWorker =
  | { readonly kind: 'asked'; readonly number: number; readonly asked: Asked }
  | { readonly kind: 'order'; readonly order: Order }

export type ToPrimary =
  | { readonly kind: 'answer'; readonly number: number; readonly answer: unknown }
  /** It could not answer. */
  | { readonly kind: 'failed'; readonly number: number; readonly why: string }
  | { readonly kind: 'started' }
  /** It accepts nothing more; its last requests end. */
  | { readonly kind: 'leaving' }
  | { readonly kind: 'increments'; readonly increments: Increments }
