import { expect, test } from 'vitest'
import type { SeenHost } from '../pools.ts'
import { mergeRecent, type SeenRequest } from '../recentRequests.ts'
import { mergePools } from './mergePools.ts'

const host: SeenHost = {
  environment: 'production',
  service: 'cart',
  layer: 'stable',
  host: '1',
  build: 'good',
  instance: 'i-1',
  address: '127.0.0.1:1',
  up: true,
  since: '2026-01-01T00:00:05.000Z',
  why: 'health path answered 200',
  inFlight: 2,
}

test('a host is up when every worker finds it up, and since the last of them does', () => {
  const later = { ...host, since: '2026-01-01T00:00:07.000Z', inFlight: 3 }
  expect(mergePools([[host], [later]])).toEqual([{ ...later, inFlight: 5 }])
  const down = { ...host, up: false, since: '2026-01-01T00:00:09.000Z', why: 'connection refused', inFlight: 0 }
  expect(mergePools([[host], [down], [later]])).toEqual([{ ...down, inFlight: 5 }])
  const earlier = { ...down, since: '2026-01-01T00:00:08.000Z' }
  expect(mergePools([[down], [earlier]])).toEqual([{ ...earlier, inFlight: 0 }])
})

test('what drains is apart from what serves; other hosts stay apart', () => {
  const draining = { ...host, draining: true as const, inFlight: 1 }
  const other = { ...host, host: '2' }
  expect(mergePools([[host, draining], [other]])).toEqual([host, draining, other])
})

test('recent requests are the newest of all, as many as one would have kept', () => {
  const request: SeenRequest = {
    id: 'r',
    atMs: 0,
    method: 'GET',
    route: '/',
    status: 200,
    ms: 1,
    caller: null,
    environment: 'production',
    service: 'cart',
    layer: 'stable',
    host: '1',
    refused: null,
    why: [],
  }
  const listed = (status: number, from: number): SeenRequest[] =>
    Array.from({ length: 900 }, (_, at) => ({ ...request, status, atMs: from + 2 * at }))
  const merged = mergeRecent([listed(200, 0), listed(200, 1), listed(500, 0)])
  expect(merged.filter((one) => one.status === 200)).toHaveLength(1_000)
  expect(merged.filter((one) => one.status === 500)).toHaveLength(900)
  expect(merged[0]?.atMs).toBe(1_799)
  expect(merged.every((one, at) => at === 0 || one.atMs <= merged[at - 1]!.atMs)).toBe(true)
})
