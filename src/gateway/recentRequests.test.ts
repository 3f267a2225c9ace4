import { describe, expect, test } from 'vitest'
import { RecentRequests, type SeenRequest } from './recentRequests.ts'

function request(atMs: number, change: Partial<SeenRequest> = {}): SeenRequest {
  return {
    id: `r-${atMs}`,
    atMs,
    method: 'GET',
    route: '/cart',
    status: 200,
    ms: 1,
    caller: null,
    environment: 'live',
    service: 'cart',
    layer: 'stable',
    host: '1',
    refused: null,
    why: [{ rule: 'route', text: 'its path' }],
    ...change,
  }
}

describe('RecentRequests', () => {
  test('a limit gives the newest, over all rings, also of a ring that has gone round', () => {
    const recent = new RecentRequests(20)
    for (let atMs = 1; atMs <= 1_500; atMs += 1) recent.add(request(atMs), false)
    recent.add(request(1_499.5, { status: 500, service: 'till' }), true)
    expect(recent.list({ environment: 'live', limit: 3 }).map(({ atMs }) => atMs)).toEqual([1_500, 1_499.5, 1_499])
    expect(recent.list({ environment: 'live' })).toHaveLength(1_001)
  })

  test('what does not match takes no place of the limit', () => {
    const recent = new RecentRequests(20)
    recent.add(request(1, { layer: 'canary' }), false)
    for (let atMs = 2; atMs <= 50; atMs += 1) recent.add(request(atMs), false)
    expect(recent.list({ layer: 'canary', limit: 1 }).map(({ atMs }) => atMs)).toEqual([1])
    expect(recent.list({ environment: 'lab', limit: 1 })).toEqual([])
  })

  test('the steps of the resolver are kept with it', () => {
    const recent = new RecentRequests(20)
    recent.add(request(1), true)
    expect(recent.list({ failed: true })[0]?.why).toEqual([{ rule: 'route', text: 'its path' }])
  })
})
