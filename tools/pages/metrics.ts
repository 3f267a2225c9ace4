import { certificateMetrics } from '../../src/gateway/tls/certificateMetrics.ts'
import { Counters } from '../../src/gateway/counters.ts'
import { renderMetrics } from '../../src/gateway/metrics.ts'
import { Tallies } from '../../src/gateway/tallies.ts'
import { createMetrics } from '../../src/main/controlPlaneMetrics.ts'
import { createMemoryStore } from '../../src/store/memory/createMemoryStore.ts'
import { formatTable } from '../markdown.ts'

const perHost = '`environment`, `service`, `build`, `layer`, `host`'

const labels: Readonly<Record<string, string>> = {
  cofferdam_requests_total: `${perHost}, \`code\` (\`2xx\` … \`5xx\`, \`aborted\`)`,
  cofferdam_request_duration_seconds: perHost,
  cofferdam_refused_total: '`rule`',
  cofferdam_certificate_expires_timestamp_seconds: '`door`, `name`',
  cofferdam_certificate_unusable: '`door`, `name`',
  cofferdam_certificate_reloads_total: '`result` (`taken`, `refused`)',
  cofferdam_front_requests_total: '`refused` (`yes`, `no`)',
  cofferdam_reconcile_errors_total: '`kind`',
  cofferdam_promotions: '`phase`',
}

export interface Metric {
  readonly name: string
  readonly type: string
  readonly help: string
}

/** Names, types and texts, read from what the code exposes. */
export function metricsIn(text: string): readonly Metric[] {
  return [...text.matchAll(/^# HELP (?<name>\S+) (?<help>.*)\n# TYPE \S+ (?<type>\w+)/gm)].map(({ groups }) => ({
    name: groups?.['name'] ?? '',
    type: groups?.['type'] ?? '',
    help: groups?.['help'] ?? '',
  }))
}

export function gatewayMetrics(): readonly Metric[] {
  const certificate = { door: '', names: [], expiresAtMs: 0, fingerprint: null, problem: null }
  const certificates = { list: () => [certificate], reloads: 0, failures: 0 }
  return metricsIn(renderMetrics(new Tallies(), new Counters(), 0) + certificateMetrics(certificates))
}

export async function controlPlaneMetrics(): Promise<readonly Metric[]> {
  return metricsIn(await createMetrics(createMemoryStore()).render())
}

/** `docs/reference/metrics.md`. */
export async function metricsPage(): Promise<string> {
  const table = (metrics: readonly Metric[]) =>
    formatTable(
      ['metric', 'type', 'labels', 'meaning'],
      metrics.map((one) => [`\`${one.name}\``, one.type, labels[one.name] ?? '–', one.help]),
    )
  return `# Metrics

Generated from what the processes expose, in the Prometheus text format.

## Gateway

At the address that the ready file gives as \`gateways[].metrics\`; \`GET /healthz\` is there too.

${table(gatewayMetrics())}

**Bad** is a 5xx, an answer that the host cut or broke off, and a time-out; a 4xx is not. An attempt that failed counts for the
host and layer where it failed, also when the request succeeded elsewhere afterwards. With several workers the figures are their sums:
[what is one, and what is each worker's own](../explanation/workers.md).

## Control plane

\`GET /metrics\` on the address of the API.

${table(await controlPlaneMetrics())}
`
}
