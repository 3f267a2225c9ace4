import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ClientRequest } from './clientProcess.ts'

/** One request of the outside client, as it saw it. */
export interface Seen extends ClientRequest {
  readonly build: string
  readonly host: string
  readonly layer: string
}

export interface ClientOptions {
  /** Without a slash at its end. */
  readonly front: string
  readonly path?: string
  /** Requests a second. */
  readonly rate?: number
  readonly connections?: number
  /** Fraction of the requests that are writes. */
  readonly writes?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface Client {
  readonly seen: () => readonly Seen[]
  /** Sends no more, waits for what is in flight, and returns everything. */
  readonly stop: () => Promise<readonly Seen[]>
}

/** C: an outside client in a process of its own, open loop, that never repeats a request. */
export async function startClient(options: ClientOptions): Promise<Client> {
  const child = fork(join(import.meta.dirname, 'clientProcess.ts'), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const seen: Seen[] = []
  child.on('message', (batch: readonly ClientRequest[]) => seen.push(...batch.map(readServedBy)))
  child.send({ path: '/api/blog', rate: 100, connections: 50, writes: 0, headers: {}, ...options })
  await once(child, 'spawn').catch(() => undefined)
  return { seen: () => seen, stop: () => stopClient(child, seen) }
}

async function stopClient(child: ChildProcess, seen: Seen[]): Promise<readonly Seen[]> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit')
    if (child.connected) child.send('stop')
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await ended
    clearTimeout(timer)
  }
  return seen.sort((a, b) => a.startMs - b.startMs)
}

/** `blog@production/good;host=canary-1;layer=canary` */
function readServedBy(request: ClientRequest): Seen {
  const [first = '', ...rest] = request.servedBy.split(';')
  const marks = new Map(rest.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]))
  return {
    ...request,
    build: first.slice(first.indexOf('/') + 1),
    host: marks.get('host') ?? '',
    layer: marks.get('layer') ?? '',
  }
}

/** The fraction of requests that the client itself sent more than 50 ms late. */
export function lateFraction(seen: readonly Seen[]): number {
  return seen.length === 0 ? 0 : seen.filter((one) => one.startMs - one.plannedMs > 50).length / seen.length
}

/** What only the platform can have caused: its own answers, resets, cut answers, time-outs. */
export function caused(seen: readonly Seen[]): readonly Seen[] {
  return seen.filter((one) => one.error !== '' || one.refused !== '')
}

export function serverErrors(seen: readonly Seen[]): readonly Seen[] {
  return seen.filter((one) => one.status >= 500)
}

/** One line for a report. */
export function describeClient(seen: readonly Seen[]): string {
  const layers = [...new Set(seen.map((one) => one.layer))].map(
    (layer) => `${layer || '-'} ${seen.filter((one) => one.layer === layer).length}`,
  )
  return `C: ${seen.length} requests, 5xx ${serverErrors(seen).length}, own answers and resets ${caused(seen).length}, late ${(100 * lateFraction(seen)).toFixed(2)} %; ${layers.join(', ')}`
}

export function describeSeen(one: Seen): string {
  return `${new Date(one.startMs).toISOString()} ${one.method} ${one.status} ${one.error} refused=${one.refused || '-'} ${one.servedBy} after ${Math.round(one.endMs - one.startMs)} ms`
}
