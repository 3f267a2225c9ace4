import { readFileSync } from 'node:fs'
import type { Event, Promotion, ServiceStatus, Status } from './documents.ts'
import { hasEnded } from './documents.ts'
import { waitFor } from './waitFor.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  readonly body: unknown
}

export interface Api {
  readonly url: string
  readonly get: (path: string) => Promise<Answer>
  readonly post: (path: string, body: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>
  readonly status: () => Promise<Status>
  readonly service: (environment: string, service: string) => Promise<ServiceStatus>
  readonly promotion: (id: string) => Promise<Promotion>
  readonly events: (after: number) => Promise<readonly Event[]>
  /** Asks five times a second until the promotion is as wanted or has ended; each document that differed is kept. */
  readonly follow: (id: string, until: (promotion: Promotion) => boolean, withinMs: number) => Promise<Promotion>
}

const answerWithinMs = 10_000

/** The API of the contract, with the token of the home. */
export function openApi(url: string, tokenFile: string): Api {
  const base = `${url}/api/v1`
  const call = async (path: string, init: RequestInit): Promise<Answer> => {
    const answer = await fetch(`${base}${path}`, { ...init, signal: AbortSignal.timeout(answerWithinMs) })
    const text = await answer.text()
    return { status: answer.status, text, body: parse(text) }
  }
  const read = async <T>(path: string): Promise<T> => {
    const answer = await call(path, {})
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text.slice(0, 200)}`)
    return answer.body as T
  }
  const promotion = (id: string) => read<Promotion>(`/promotions/${id}`)
  return {
    url,
    get: (path) => call(path, {}),
    post: (path, body, headers = {}) =>
      call(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: {
          authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`,
          'content-type': 'application/json',
          ...headers,
        },
      }),
    status: () => read<Status>('/status'),
    service: async (environment, service) => findService(await read<Status>('/status'), environment, service),
    promotion,
    events: (after) => readEvents(read, after),
    follow: (id, until, withinMs) =>
      waitFor(
        `promotion ${id}`,
        async () => {
          const now = await promotion(id)
          return until(now) || hasEnded(now) ? now : undefined
        },
        { withinMs, everyMs: 200 },
      ),
  }
}

export function findService(status: Status, environment: string, service: string): ServiceStatus {
  const found = status.environments
    .find((one) => one.name === environment)
    ?.services.find((one) => one.name === service)
  if (!found) throw new Error(`status has no ${service} in ${environment}`)
  return found
}

/** All events after a number, over as many answers as it takes. */
async function readEvents(read: <T>(path: string) => Promise<T>, after: number): Promise<readonly Event[]> {
  const all: Event[] = []
  for (let last = after; ; ) {
    const { events } = await read<{ readonly events: readonly Event[] }>(`/events?after=${last}`)
    if (events.length === 0) return all
    all.push(...events)
    last = all.at(-1)?.id ?? last
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
