import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { edgesMs } from '../domain/analysis/durationBuckets.ts'
import type { Counters } from './counters.ts'
import type { Tallies } from './tallies.ts'
import { codeNames, type Tally } from './tally.ts'

/** Edges of the exposed histogram: every 12th of the fine one, about 1.6 times the one before. */
const exposed: readonly number[] = edgesMs.map((_, at) => at).filter((at) => at % 12 === 0)

function quoted(text: string): string {
  return `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`
}

function labelsOf(tally: Tally): string {
  const { environment, service, build, layer, host } = tally.labels
  return `environment=${quoted(environment)},service=${quoted(service)},build=${quoted(build)},layer=${quoted(layer)},host=${quoted(host)}`
}

function requestLines(tally: Tally, lines: string[]): void {
  const labels = labelsOf(tally)
  codeNames.forEach((name, code) => {
    const count = tally.totalCodes[code]!
    if (count > 0) lines.push(`cofferdam_requests_total{${labels},code="${name}"} ${count}`)
  })
  if (tally.totalAborted > 0) lines.push(`cofferdam_requests_total{${labels},code="aborted"} ${tally.totalAborted}`)
}

function histogramLines(tally: Tally, lines: string[]): void {
  const labels = labelsOf(tally)
  let sum = 0
  let bucket = 0
  for (const edge of exposed) {
    for (; bucket <= edge; bucket += 1) sum += tally.totalDurations[bucket]!
    lines.push(
      `cofferdam_request_duration_seconds_bucket{${labels},le="${Number((edgesMs[edge]! / 1000).toPrecision(6))}"} ${sum}`,
    )
  }
  for (; bucket < tally.totalDurations.length; bucket += 1) sum += tally.totalDurations[bucket]!
  lines.push(`cofferdam_request_duration_seconds_bucket{${labels},le="+Inf"} ${sum}`)
  lines.push(`cofferdam_request_duration_seconds_sum{${labels}} ${tally.totalMs / 1000}`)
  lines.push(`cofferdam_request_duration_seconds_count{${labels}} ${sum}`)
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}

/** All metrics in Prometheus' text format, version 0.0.4. */
export function renderMetrics(tallies: Tallies, counters: Counters, generation: number): string {
  const lines = head(
    'cofferdam_requests_total',
    'counter',
    'Requests that ended, by class of their status; aborted: the client went away.',
  )
  for (const tally of tallies.all()) requestLines(tally, lines)
  lines.push(
    ...head('cofferdam_request_duration_seconds', 'histogram', 'From the head of a request to the end of its answer.'),
  )
  for (const tally of tallies.all()) histogramLines(tally, lines)
  lines.push(
    ...head('cofferdam_requests_in_flight', 'gauge', 'Requests that have not ended.'),
    `cofferdam_requests_in_flight ${counters.inFlight}`,
  )
  lines.push(
    ...head('cofferdam_retries_total', 'counter', 'Requests that were tried once more.'),
    `cofferdam_retries_total ${counters.retries}`,
  )
  lines.push(...head('cofferdam_refused_total', 'counter', 'Answers of the gateway itself.'))
  for (const [rule, count] of counters.refused) lines.push(`cofferdam_refused_total{rule="${rule}"} ${count}`)
  const { front } = counters
  lines.push(
    ...head(
      'cofferdam_front_requests_total',
      'counter',
      'Requests at front doors that ended; refused: answers of the gateway itself.',
    ),
    `cofferdam_front_requests_total{refused="no"} ${front.requests - front.refused}`,
    `cofferdam_front_requests_total{refused="yes"} ${front.refused}`,
  )
  lines.push(
    ...head('cofferdam_table_generation', 'gauge', 'Generation of the table in force.'),
    `cofferdam_table_generation ${generation}`,
  )
  lines.push(
    ...head('cofferdam_unwatched_total', 'counter', 'Shares that went home unwatched.'),
    `cofferdam_unwatched_total ${counters.unwatched}`,
  )
  lines.push(
    ...head('cofferdam_workers', 'gauge', 'Processes of the gateway that serve its doors.'),
    `cofferdam_workers ${counters.workers}`,
  )
  lines.push(
    ...head('cofferdam_workers_replaced_total', 'counter', 'Workers that ended or hung and were replaced.'),
    `cofferdam_workers_replaced_total ${counters.workersReplaced}`,
  )
  return `${lines.join('\n')}\n`
}

async function sendMetrics(response: ServerResponse, render: () => string | Promise<string>): Promise<void> {
  try {
    const text = await render()
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    response.writeHead(500, { 'content-type': 'text/plain' }).end(`${why}\n`)
  }
}

/** Serves `GET /metrics` and `GET /healthz` on 127.0.0.1. @param port 0: any free one. */
export async function serveMetrics(
  port: number,
  render: () => string | Promise<string>,
): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 10_000 }, (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0]
    if (path === '/healthz') response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n')
    else if (path === '/metrics') void sendMetrics(response, render)
    else response.writeHead(404, { 'content-type': 'text/plain' }).end('here are /metrics and /healthz\n')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port }, () => resolve())
  })
  return { port: (server.address() as AddressInfo).port, server }
}
