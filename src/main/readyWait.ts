import type { StatusDocument } from '../engine/api.ts'
import { createStartReport, throwIfHopeless } from './startTrouble.ts'
import type { Child } from './supervise.ts'

export interface ReadyParts {
  readonly api: string
  readonly metrics: string
  /** With load: its requests are watched. Without: so many are sent. */
  readonly hasLoad: boolean
  /** Front-door paths to ask, of services. */
  readonly paths: readonly string[]
  readonly front: () => string | undefined
  readonly signal: AbortSignal
}

const lookEveryMs = 100
const requestsWithLoad = 100
const requestsWithout = 20
const requestWithinMs = 2_000

export interface StartWait {
  readonly api: string
  readonly signal: AbortSignal
  /** The processes without which nothing becomes ready. */
  readonly needs: readonly Pick<Child, 'name' | 'log' | 'ends'>[]
  /** Told once of every host that cannot run. */
  readonly say: (text: string) => void
}

/**
 * The status, once every host of every service is ready and the gateway has the table. Whatever keeps a host from that
 * is said, and it is waited on: it is started again and may recover.
 *
 * @throws when a process that is needed keeps ending: its own error if it said one, else `bug` with its last lines.
 */
export async function waitForHosts({ api, signal, needs, say }: StartWait): Promise<StatusDocument> {
  const said = createStartReport(say)
  for (;;) {
    signal.throwIfAborted()
    const status = await getJson<StatusDocument>(`${api}/api/v1/status`)
    if (status && isReady(status)) return status
    if (status) said(status)
    for (const child of needs) throwIfHopeless(child)
    await pause()
  }
}

function isReady(status: StatusDocument): boolean {
  const hosts = status.environments.flatMap((environment) => environment.services.flatMap((service) => service.hosts))
  return (
    hosts.length > 0 &&
    hosts.every((host) => host.ready) &&
    status.gateways.every((gateway) => !gateway.silent && (gateway.generation ?? 0) > 0)
  )
}

/** Resolves when the last requests at the front door had no answer of the gateway's own. */
export async function waitForCleanRequests(parts: ReadyParts): Promise<void> {
  if (!parts.hasLoad) return sendClean(parts)
  for (;;) {
    parts.signal.throwIfAborted()
    const before = await countRequests(parts.metrics)
    for (;;) {
      await pause()
      parts.signal.throwIfAborted()
      const now = await countRequests(parts.metrics)
      if (now.refused > before.refused) break
      if (now.requests - before.requests >= requestsWithLoad) return
    }
  }
}

async function sendClean(parts: ReadyParts): Promise<void> {
  let clean = 0
  for (let round = 0; clean < requestsWithout; round += 1) {
    parts.signal.throwIfAborted()
    const path = parts.paths[round % parts.paths.length] ?? '/'
    const answer = await fetch(`${parts.front() ?? ''}${path}`, { signal: AbortSignal.timeout(requestWithinMs) }).catch(
      () => undefined,
    )
    await answer?.body?.cancel()
    if (answer && !answer.headers.has('x-cofferdam-refused')) clean += 1
    else {
      clean = 0
      await pause()
    }
  }
}

async function countRequests(metrics: string): Promise<{ readonly requests: number; readonly refused: number }> {
  const text = await fetch(metrics, { signal: AbortSignal.timeout(requestWithinMs) }).then(
    (answer) => answer.text(),
    () => '',
  )
  return countFront(text)
}

const front = 'cofferdam_front_requests_total'

/** Front doors alone: calls between services neither count as clean requests nor make the start look bad. */
export function countFront(metrics: string): { readonly requests: number; readonly refused: number } {
  const valueOf = (refused: string): number => {
    const line = metrics.split('\n').find((one) => one.startsWith(`${front}{refused="${refused}"} `))
    return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ') + 1))
  }
  return { requests: valueOf('no') + valueOf('yes'), refused: valueOf('yes') }
}

export async function getJson<T>(url: string): Promise<T | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(requestWithinMs) })
    return answer.ok ? ((await answer.json()) as T) : undefined
  } catch {
    // Not up yet; whoever waits looks again.
    return undefined
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, lookEveryMs)
  })
}
