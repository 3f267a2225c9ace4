import { createValueStore } from './valueStore.ts'

/** Whether what is shown is what is. */
export interface Connection {
  readonly phase: 'opening' | 'live' | 'lost'
  /** Since when it is lost, epoch ms of this browser. */
  readonly sinceMs: number
  /** Last sign of life. */
  readonly heardMs: number
  /** When the next try begins. */
  readonly nextTryMs: number
}

export const connection = createValueStore<Connection>({
  phase: 'opening',
  sinceMs: Date.now(),
  heardMs: Date.now(),
  nextTryMs: 0,
})

/** Lost for so long it is said in words: shorter breaks mend themselves. */
export const sayLostMs = 5_000
