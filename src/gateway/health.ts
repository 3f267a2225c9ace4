import { request } from 'node:http'
import type { Backend } from './backend.ts'
import type { GatewayLimits } from './limits.ts'
import { isExhausted, type FailureKind } from './transport.ts'

interface Check {
  /** Monotonic milliseconds of the next check. */
  dueAtMs: number
  running: boolean
}

const tickMs = 50

type Checked =
  | { readonly ok: true; readonly status: number }
  | { readonly ok: false; readonly why: string; readonly isOurs: boolean }

/** Asks the health path on a connection of its own, so that a full pool is not taken for a dead host. */
async function askHealth(backend: Backend, timeoutMs: number): Promise<Checked> {
  const [hostname, port] = splitAddress(backend.address)
  return await new Promise<Checked>((resolve) => {
    const asked = request({
      hostname,
      port,
      path: backend.healthPath,
      agent: false,
      headers: { 'user-agent': 'cofferdam-gateway' },
    })
    const timer = setTimeout(() => {
      asked.destroy(new Error(`no answer within ${timeoutMs} ms`))
    }, timeoutMs)
    asked.once('response', (response) => {
      clearTimeout(timer)
      resolve({ ok: true, status: response.statusCode ?? 0 })
      response.destroy()
    })
    asked.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      resolve({ ok: false, why: error.message, isOurs: isExhausted(error.code) })
    })
    asked.end()
  })
}

function splitAddress(address: string): [string, number] {
  const at = address.lastIndexOf(':')
  return [address.slice(0, at), Number(address.slice(at + 1))]
}

/**
 * Knows which hosts are up. Active: the health path each second, down after two checks without an answer, up after one
 * with. Passive: a refused or reset connection is down at once and asked again every 250 ms. A status code never takes a
 * host down, else a build that fails every request would hide from its judge.
 */
export class Health {
  private readonly limits: GatewayLimits
  private readonly backends: () => Iterable<Backend>
  private checks = new Map<Backend, Check>()
  private timer: NodeJS.Timeout | undefined

  constructor(limits: GatewayLimits, backends: () => Iterable<Backend>) {
    this.limits = limits
    this.backends = backends
  }

  start(): void {
    this.timer = setInterval(() => this.tick(performance.now()), tickMs)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  /** Takes the hosts of a new table: new ones are checked at once, those that left no more. */
  refresh(): void {
    const checks = new Map<Backend, Check>()
    for (const backend of this.backends())
      checks.set(backend, this.checks.get(backend) ?? { dueAtMs: 0, running: false })
    this.checks = checks
    this.tick(performance.now())
  }

  /**
   * A connection failed before an answer began.
   * @param isLast no other host of its layer is up. A reset may only mean a stale connection; the last host stays up
   *   until it was asked, since a layer without hosts refuses everybody.
   */
  noteFailure(backend: Backend, kind: FailureKind, error: Error, isLast: boolean): void {
    if (kind === 'reset' && isLast) backend.failures = Math.max(backend.failures, this.limits.healthFailures - 1)
    else backend.markDown(`connection ${kind === 'refused' ? 'refused' : 'reset'}: ${error.message}`)
    const check = this.checks.get(backend)
    if (check !== undefined) this.run(backend, check)
  }

  private tick(nowMs: number): void {
    for (const [backend, check] of this.checks) if (!check.running && nowMs >= check.dueAtMs) this.run(backend, check)
  }

  private run(backend: Backend, check: Check): void {
    if (check.running) return
    check.running = true
    const startedAtMs = performance.now()
    void askHealth(backend, this.limits.healthTimeoutMs)
      .then((checked) => this.take(backend, checked, performance.now() - startedAtMs))
      .finally(() => {
        check.running = false
        // A tenth of jitter keeps the checks of many hosts apart.
        const waitMs = backend.up ? this.limits.healthEveryMs * (0.95 + Math.random() * 0.1) : this.limits.askAgainMs
        check.dueAtMs = Math.max(startedAtMs + waitMs, performance.now())
      })
  }

  private take(backend: Backend, checked: Checked, tookMs: number): void {
    if (checked.ok) {
      const isGood = checked.status >= 200 && checked.status < 300
      backend.markUp(
        isGood
          ? `health path answered ${checked.status}`
          : `health path answered ${checked.status}: reachable, not healthy`,
      )
      return
    }
    // The gateway itself stood still (stopped, or starved of the processor): that says nothing about the host.
    if (checked.isOurs || tookMs > this.limits.healthTimeoutMs * 1.5) return
    backend.failures += 1
    if (backend.failures >= this.limits.healthFailures) backend.markDown(`health check: ${checked.why}`)
  }
}
