import type { PromotionDocument, SliceDocument } from '../../src/engine/api.ts'
import type { HourSliceDocument, SeenRequestDocument } from '../../src/engine/catalogDocuments.ts'
import { fakeRequest } from '../../src/http/fakeEngine.fixture.ts'

/** A number that goes up and down, the same for the same place. */
function wave(at: number, least: number, most: number): number {
  return least + ((Math.sin(at * 1.7) + 1) / 2) * (most - least)
}

/** What the arms of a promotion answered: a canary that fails ever more often. */
export function makeSlices({ requestedAt }: PromotionDocument): readonly SliceDocument[] {
  return Array.from({ length: 24 }, (_, at): SliceDocument => {
    const arm = (requests: number, bad: number) => ({
      requests,
      bad,
      p50: wave(at, 8, 12),
      p90: wave(at, 20, 30),
      p99: wave(at, 60, 140),
    })
    return {
      at: new Date(Date.parse(requestedAt) + at * 5_000).toISOString(),
      n: at * 5,
      step: at < 12 ? 0 : 1,
      canary: arm(20, Math.floor(at / 8)),
      baseline: arm(20, 0),
      stable: arm(360, 1),
    }
  })
}

export function makeHour(): readonly HourSliceDocument[] {
  return Array.from({ length: 120 }, (_, at) => ({
    at: new Date(Date.now() - (120 - at) * 10_000).toISOString(),
    requests: Math.round(wave(at, 200, 320)),
    bad: at % 9 === 0 ? 1 : 0,
    p50: wave(at, 8, 12),
    p90: wave(at, 20, 30),
    p99: wave(at, 60, 140),
  }))
}

/** Requests of the new build: one route fails for one caller. */
export function makeRequests({ service, requestedAt }: PromotionDocument): readonly SeenRequestDocument[] {
  return Array.from({ length: 40 }, (_, at) => ({
    ...fakeRequest('production', service),
    id: `request-${at}`,
    at: new Date(Date.parse(requestedAt) + at * 900).toISOString(),
    layer: 'canary',
    host: 'canary-1',
    ...(at % 4 === 0 ? { status: 500, route: '/cart/items', caller: 'web' } : {}),
  }))
}
