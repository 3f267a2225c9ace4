import { describe, expect, test } from 'vitest'
import { blockOf, unmeasuredNoise } from './noise.ts'
import { noiseFrom, takeBlock, type NoiseHistory } from './noiseHistory.ts'
import { seeded } from './simulated.fixture.ts'

interface World {
  readonly hosts: number
  /** Each failure is counted so many times. */
  readonly burst?: number
  readonly digest?: string
  readonly from?: number
}

/** So many blocks of a service whose hosts get 500 requests in 10 s, of which 1 % fail. */
function live(blocks: number, world: World, before?: NoiseHistory): NoiseHistory | undefined {
  const { hosts, burst = 1, digest = 'sha256:a', from = 1 } = world
  const uniform = seeded(from)
  const ids = Array.from({ length: hosts }, (_, index) => String(index + 1))
  let history = before
  for (let number = from; number < from + blocks; number += 1) {
    const windows = ids.map(() =>
      Array.from({ length: 30 }, () => {
        let bad = 0
        for (let i = 0; i < 500 / burst; i += 1) if (uniform() < 0.01) bad += burst
        return { requests: 500, bad: Math.min(500, bad) }
      }),
    )
    const errors = blockOf(windows)
    history = takeBlock(history, { number, digest, hosts: ids, metrics: errors ? { errors } : {} })
  }
  return history
}

describe('what a service teaches about its own roughness', () => {
  test('nothing is known without a history, nor with less than half an hour', () => {
    expect(noiseFrom(undefined)).toEqual({})
    expect(noiseFrom(live(5, { hosts: 8 }))).toEqual({})
  })

  test('failures that come in threes make it three times as rough; calm ones make it calm', () => {
    const rough = noiseFrom(live(12, { hosts: 8, burst: 3 }))['errors']
    expect(rough?.phi).toBeGreaterThan(2.2)
    expect(rough?.phi).toBeLessThan(5)
    const calm = noiseFrom(live(12, { hosts: 8 }))['errors']
    expect(calm?.phi).toBeLessThan(1.5)
    expect(calm?.sigma).toBe(0)
  })

  test('four hosts are too few to become bolder than the default, not to become more careful', () => {
    expect(noiseFrom(live(12, { hosts: 4 }))['errors']).toEqual(unmeasuredNoise)
    expect(noiseFrom(live(12, { hosts: 4, burst: 4 }))['errors']?.phi).toBeGreaterThan(2)
  })

  test('a new build begins anew, and what was learned before holds until then', () => {
    const rough = live(12, { hosts: 8, burst: 3 })
    const known = noiseFrom(rough)
    const next = live(1, { hosts: 8, digest: 'sha256:b', from: 20 }, rough)
    expect(next?.blocks['errors']).toHaveLength(1)
    expect(noiseFrom(next)).toEqual(known)
    expect(noiseFrom(live(12, { hosts: 8, digest: 'sha256:b', from: 21 }, next))['errors']?.phi).toBeLessThan(1.5)
  })

  test('six hours are remembered, each block once, as plain JSON', () => {
    const history = live(80, { hosts: 3 })
    expect(history?.blocks['errors']).toHaveLength(72)
    expect(live(10, { hosts: 3 }, history)).toBe(history)
    expect(JSON.parse(JSON.stringify(history))).toEqual(history)
    expect(JSON.stringify(history).length).toBeLessThan(20_000)
  })
})
