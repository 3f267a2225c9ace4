import { describe, expect, test } from 'vitest'
import type { SeenRequest } from '../../live/queries.ts'
import { findShared } from './findShared.ts'
import { smooth } from './smooth.ts'

const request: SeenRequest = {
  id: 'a',
  at: '2026-01-01T00:00:00.000Z',
  method: 'GET',
  route: '/cart',
  status: 200,
  ms: 5,
  caller: null,
  layer: 'canary',
  host: 'canary-1',
  refused: null,
}
const of = (count: number, part: Partial<SeenRequest>): readonly SeenRequest[] =>
  Array.from({ length: count }, () => ({ ...request, ...part }))

describe('what failed requests share', () => {
  test('a route that only they have comes first, with counts for both', () => {
    const failed = of(11, { route: '/cart/tags', status: 500 })
    const others = [...of(20, {}), ...of(5, { route: '/cart/tags' })]
    const [first, ...rest] = findShared(failed, others)
    expect(first).toEqual({ what: 'status', value: '500', failed: 11, failedOf: 11, others: 0, othersOf: 25 })
    expect(rest[0]).toMatchObject({ what: 'route', value: 'GET /cart/tags', failed: 11, others: 5 })
  })

  test('what others have as often is no finding', () => {
    const found = findShared(of(10, { status: 500 }), of(10, {}))
    expect(found.map(({ what }) => what)).toEqual(['status'])
  })

  test('nothing failed, nothing found', () => expect(findShared([], of(3, {}))).toEqual([]))
})

describe('an error rate over time', () => {
  test('one error among few requests is spread over the slices before it', () => {
    const quiet = Array.from({ length: 5 }, () => ({ requests: 6, bad: 0 }))
    expect(smooth([...quiet, { requests: 6, bad: 1 }]).at(-1)).toBeCloseTo(1 / 30)
  })
  test('many requests stand for themselves', () => {
    expect(
      smooth([
        { requests: 100, bad: 0 },
        { requests: 100, bad: 10 },
      ]),
    ).toEqual([0, 0.1])
  })
  test('without requests there is a gap', () => {
    expect(smooth([{ requests: 0, bad: 0 }])).toEqual([null])
  })
})
