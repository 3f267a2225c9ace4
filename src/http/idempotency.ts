import { createHash } from 'node:crypto'
import { CofferdamError } from '../domain/errors.ts'
import type { Store } from '../engine/ports.ts'
import { RequestError } from './problem.ts'

/** What a handler answers: a JSON body with a status. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface KeyedRequest {
  readonly key: string
  readonly method: string
  readonly path: string
  readonly body: unknown
}

/** Answers a keyed request once: the same request again, also at the same time, is given the first answer. */
export type AnswerOnce = (request: KeyedRequest, answer: GiveAnswer) => Promise<Answer>

/** @param requestKey names key and request together, to be saved with what the request changes. */
type GiveAnswer = (requestKey: string) => Promise<Answer>

/**
 * Remembers answers below 500; what failed in between may be tried again under its key. The answer is saved after the
 * change: whoever changes something saves the request's own key with it, and a repeat after a crash finds it there.
 *
 * @throws `idempotency-mismatch` when the key was used for another request.
 */
export function createAnswerOnce(store: Pick<Store, 'recall' | 'remember'>, now: () => number): AnswerOnce {
  const underWay = new Map<string, { readonly request: string; readonly answer: Promise<Answer> }>()

  const recallOrAnswer = async (key: string, request: string, answer: GiveAnswer): Promise<Answer> => {
    const known = await store.recall(key, now())
    if (known !== undefined) {
      if (known.request !== request) throw mismatch(key)
      return JSON.parse(known.answer) as Answer
    }
    const given = await answer(createHash('sha256').update(`${key}\n${request}`).digest('hex'))
    if (given.status < 500) await store.remember(key, request, JSON.stringify(given), now())
    return given
  }

  return async ({ key, method, path, body }, answer) => {
    if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
      throw new RequestError('usage', 400, 'an Idempotency-Key has 1 to 200 visible ASCII characters')
    }
    const request = createHash('sha256')
      .update(JSON.stringify([method, path, sortKeys(body ?? {})]))
      .digest('hex')
    const running = underWay.get(key)
    if (running !== undefined) {
      if (running.request !== request) throw mismatch(key)
      return running.answer
    }
    const first = recallOrAnswer(key, request, answer).finally(() => underWay.delete(key))
    underWay.set(key, { request, answer: first })
    return first
  }
}

function mismatch(key: string): CofferdamError {
  return new CofferdamError(
    'idempotency-mismatch',
    `the Idempotency-Key ${key} was used for another request within 24 h`,
  )
}

/** The order of keys in a body means nothing. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sortKeys(part)]),
  )
}
