import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Counters } from '../gateway/counters.ts'
import { renderMetrics } from '../gateway/metrics.ts'
import { Tallies } from '../gateway/tallies.ts'
import { countFront, waitForCleanRequests } from './readyWait.ts'

let server: Server | undefined
afterEach(() => server?.close())

test('only requests at front doors count', () => {
  const counters = new Counters()
  expect(countFront(renderMetrics(new Tallies(), counters, 1))).toEqual({ requests: 0, refused: 0 })
  counters.countFront(false)
  counters.countFront(true)
  counters.countRefused('no-host')
  counters.countRefused('no-host')
  expect(countFront(renderMetrics(new Tallies(), counters, 1))).toEqual({ requests: 2, refused: 1 })
})

/** Metrics that grow by these front-door requests, and by many others, with each question. */
async function serveGrowing(
  perQuestion: number,
  refusedAt: ReadonlySet<number>,
): Promise<{ url: string; asked: () => number }> {
  let asked = 0
  let refused = 0
  server = createServer((_, response) => {
    asked += 1
    if (refusedAt.has(asked)) refused += 1
    const text = `cofferdam_requests_total{service="a"} ${asked * 1_000}\ncofferdam_refused_total{rule="no-host"} ${asked}\n`
    response.end(
      `${text}cofferdam_front_requests_total{refused="no"} ${asked * perQuestion}\ncofferdam_front_requests_total{refused="yes"} ${refused}\n`,
    )
  })
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/metrics`, asked: () => asked }
}

const parts = (metrics: string) => ({
  api: '',
  metrics,
  hasLoad: true,
  paths: [],
  front: () => undefined,
  signal: AbortSignal.timeout(10_000),
})

test('a hundred clean requests at the front are waited for, whatever services call each other', async () => {
  const metrics = await serveGrowing(25, new Set())
  await waitForCleanRequests(parts(metrics.url))
  expect(metrics.asked()).toBe(5)
})

test('a refusal at the front begins the count anew', async () => {
  const metrics = await serveGrowing(50, new Set([2]))
  await waitForCleanRequests(parts(metrics.url))
  expect(metrics.asked()).toBe(5)
})
