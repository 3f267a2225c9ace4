import { Client } from 'undici'

/** What a load saw; times in microseconds. */
export interface LoadResult {
  readonly requests: number
  readonly failed: number
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
}

export interface LoadOptions {
  readonly port: number
  readonly path: string
  readonly connections: number
  readonly seconds: number
  /** Requests a second in all, open loop; absent: as fast as answers come (closed loop). */
  readonly rate?: number
}

interface Seen {
  requests: number
  failed: number
  readonly latencies: number[]
}

async function sendOne(client: Client, path: string, startedAtMs: number, seen: Seen): Promise<void> {
  try {
    const { statusCode, body } = await client.request({ method: 'GET', path })
    await body.dump()
    seen.latencies.push((performance.now() - startedAtMs) * 1000)
    if (statusCode >= 400) seen.failed += 1
  } catch {
    seen.failed += 1
  }
  seen.requests += 1
}

async function closedLoop(clients: readonly Client[], options: LoadOptions, seen: Seen): Promise<void> {
  const endAtMs = performance.now() + options.seconds * 1000
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < endAtMs) await sendOne(client, options.path, performance.now(), seen)
    }),
  )
}

async function openLoop(clients: readonly Client[], options: LoadOptions, rate: number, seen: Seen): Promise<void> {
  const startedAtMs = performance.now()
  const total = Math.round(rate * options.seconds)
  const running: Promise<void>[] = []
  for (let sent = 0; sent < total; ) {
    const dueBy = ((performance.now() - startedAtMs) / 1000) * rate
    for (; sent < Math.min(total, dueBy); sent += 1) {
      running.push(sendOne(clients[sent % clients.length]!, options.path, startedAtMs + (sent / rate) * 1000, seen))
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(running)
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
}

/** Sends GET requests to a port of this machine. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const clients = Array.from(
    { length: options.connections },
    () => new Client(`http://127.0.0.1:${options.port}`, { pipelining: 1 }),
  )
  const seen: Seen = { requests: 0, failed: 0, latencies: [] }
  const startedAtMs = performance.now()
  if (options.rate === undefined) await closedLoop(clients, options, seen)
  else await openLoop(clients, options, options.rate, seen)
  const seconds = (performance.now() - startedAtMs) / 1000
  await Promise.all(clients.map(async (client) => await client.close()))
  const sorted = seen.latencies.sort((a, b) => a - b)
  const { requests, failed } = seen
  return {
    requests,
    failed,
    perSecond: requests / seconds,
    p50Us: quantile(sorted, 0.5),
    p99Us: quantile(sorted, 0.99),
  }
}
