import { CofferdamError, errorCatalogue, type ErrorCode } from '../domain/errors.ts'
import type { Hold } from '../domain/holds.ts'
import type { Clock, Store } from './ports.ts'

/** Knows whether the store takes what is decided. */
export interface SaveWatch {
  /** The store, seen through the watch. */
  readonly store: Store
  /** The hold of everything that is under way, while nothing can be saved. */
  readonly hold: () => Hold | undefined
}

/** Whatever could not be saved is tried again within 30 s: a failure that is older was the last one. */
const forgottenAfterMs = 60_000

interface Trouble {
  readonly sinceMs: number
  readonly text: string
  readonly help: string
  /** Monotonic. */
  readonly seenAtMs: number
}

/**
 * A decision that cannot be saved is not taken, by no machine: it is one reason for all of them, and none of them can say
 * it, because its pass ends there.
 */
export function createSaveWatch(store: Store, clock: Clock): SaveWatch {
  let trouble: Trouble | undefined
  const isOver = () => trouble === undefined || clock.monotonic() - trouble.seenAtMs > forgottenAfterMs
  const watched =
    <A extends readonly unknown[], T>(call: (...given: A) => Promise<T>) =>
    async (...given: A): Promise<T> => {
      try {
        const answer = await call(...given)
        trouble = undefined
        return answer
      } catch (error) {
        if (error instanceof CofferdamError)
          trouble = {
            sinceMs: isOver() ? clock.now() : (trouble?.sinceMs ?? clock.now()),
            text: error.message,
            help: helpFor(error.code),
            seenAtMs: clock.monotonic(),
          }
        throw error
      }
    }
  return {
    store: { ...store, commit: watched(store.commit), next: watched(store.next) },
    hold: () => {
      if (trouble === undefined || isOver()) return undefined
      const { sinceMs, text, help } = trouble
      return { rule: 'cannot-save', on: 'store', sinceMs, text: `nothing that is decided can be saved: ${text}`, help }
    },
  }
}

/** Of a home that could be written when it was opened. */
function helpFor(code: ErrorCode): string {
  if (code !== 'home-unusable') return errorCatalogue[code].help
  return 'Make the home writable again: it goes on by itself, and until then every share stays or goes home.'
}
