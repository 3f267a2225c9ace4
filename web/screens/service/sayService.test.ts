import { describe, expect, test } from 'vitest'
import type { Promotion, ServiceDocument, Status } from '../../../src/http/contract/documents.ts'
import { nbsp } from '../../format/units.ts'
import { mainEnvironment, outcomeOf, releaseMarks, sayHour, sayLatest, sayService, tookOf } from './sayService.ts'

const stages: Status['stages'] = [
  { name: 'try', kind: 'test', environment: 'lab' },
  { name: 'canary', kind: 'canary', environment: 'live' },
  { name: 'all', kind: 'production', environment: 'live' },
]
const status: Status = { stages, environments: [], gateways: [], moving: [] }
const plain = (text: string): string => text.replaceAll(nbsp, ' ')

function host(id: string, digest: string, ready = true, layer = 'stable') {
  return { id, build: digest, digest, pid: 1, startedAt: null, ready, layer, instance: id }
}

function placed(hosts: readonly ReturnType<typeof host>[]): Pick<ServiceDocument, 'name' | 'environments'> {
  return { name: 'cart', environments: [{ name: 'live', stable: 'one', digest: 'one', hosts: [...hosts], kept: [] }] }
}

function promotion(change: Partial<Promotion>): Promotion {
  return {
    id: 'p-1',
    service: 'cart',
    candidate: { digest: 'two', builds: { cart: { name: 'two', digest: 'two' } } },
    kind: 'deploy',
    phase: 'moving',
    stage: 'canary',
    requestedBy: 'admin',
    requestedAt: '2026-01-01T00:00:00.000Z',
    stages: [
      { name: 'try', phase: 'passed', startedAt: '2026-01-01T00:00:01.000Z', tests: [] },
      { name: 'canary', phase: 'running', startedAt: '2026-01-01T00:01:00.000Z', tests: [] },
    ],
    holds: [],
    ...change,
  }
}

describe('sayService', () => {
  test('the last stage that has it is the one that users meet', () => {
    expect(mainEnvironment(placed([]), status)).toBe('live')
    expect(mainEnvironment({ environments: [] }, status)).toBeUndefined()
  })

  test('counts hosts of the stable build, guests left out', () => {
    const service = placed([
      host('1', 'one'),
      host('2', 'two', true, 'batch'),
      host('canary-1', 'two', false, 'canary'),
    ])
    expect(plain(sayService(service, 'live'))).toBe('cart one serves live on 1 of 2 hosts.')
  })

  test('what is not ready comes first', () => {
    expect(plain(sayService(placed([host('1', 'one', false), host('2', 'one')]), 'live'))).toBe(
      '1 of 2 hosts of cart in live is not ready.',
    )
  })

  test('a service without a place', () => {
    expect(sayService({ name: 'cart', environments: [] }, undefined)).toBe('cart runs nowhere yet.')
  })
})

describe('sayLatest', () => {
  test('a hold for a person is said to wait for one; another is not', () => {
    const hold = { on: 'r-1', since: '', until: null, help: '', text: 'it is not decided' }
    expect(sayLatest([promotion({ holds: [{ ...hold, rule: 'deadline' }] })])).toBe(
      'two is in canary: it is not decided. It waits for a person.',
    )
    expect(sayLatest([promotion({ holds: [{ ...hold, rule: 'not-enough-data' }] })])).toContain('Nobody has to')
  })

  test('an end is told in the engine’s own words', () => {
    const result = { outcome: 'rolled-back' as const, stage: 'canary', text: '23 of 454 were bad', at: {} }
    expect(sayLatest([promotion({ phase: 'rolled-back', result })])).toBe('The last was two: 23 of 454 were bad.')
    const arrived = { ...result, outcome: 'done' as const, text: 'two arrived' }
    expect(sayLatest([promotion({ phase: 'done', result: arrived })])).toBe('Last: two arrived.')
  })
})

describe('history', () => {
  test('every phase has an outcome', () => {
    expect(outcomeOf({ phase: 'done' })).toEqual({ kind: 'pass', words: 'arrived' })
    expect(outcomeOf({ phase: 'rolled-back' }).kind).toBe('fail')
    expect(outcomeOf({ phase: 'moving' }).kind).toBe('run')
    const result = { outcome: 'aborted' as const, stage: 'canary', text: '', at: {} }
    expect(outcomeOf({ phase: 'rolled-back', result }).words).toBe('aborted')
    const command = { ...result, outcome: 'rolled-back' as const, cause: 'command' }
    expect(outcomeOf({ phase: 'rolled-back', result: command }).words).toBe('aborted')
  })

  test('how long it took is known at its end', () => {
    expect(tookOf(promotion({}))).toBeUndefined()
    expect(plain(tookOf(promotion({ endedAt: '2026-01-01T00:02:05.000Z' })) ?? '')).toBe('2 min 5 s')
  })
})

describe('releaseMarks', () => {
  const result = {
    outcome: 'rolled-back' as const,
    stage: 'canary',
    text: '',
    at: { decided: '2026-01-01T00:02:00.000Z' },
  }
  const back = promotion({ phase: 'rolled-back', result })

  test('where it came into this environment and where it went back, not where it was tested', () => {
    expect(releaseMarks([back], stages, 'live', 0)).toEqual([
      { atMs: Date.parse('2026-01-01T00:01:00.000Z'), label: 'two' },
      { atMs: Date.parse('2026-01-01T00:02:00.000Z'), label: 'two back' },
    ])
  })

  test('what was before the chart begins is left out', () => {
    expect(releaseMarks([back], stages, 'live', Date.parse('2026-01-01T00:01:30.000Z'))).toHaveLength(1)
    expect(releaseMarks([back], stages, 'live', Date.parse('2026-01-01T01:00:00.000Z'))).toEqual([])
  })

  test('a build that never came here has no mark', () => {
    expect(releaseMarks([promotion({ stages: [] })], stages, 'live', 0)).toEqual([])
  })
})

test('an hour in one sentence', () => {
  const slice = { at: '', requests: 100, bad: 1, p50: 1, p90: 2, p99: 3 }
  expect(plain(sayHour([slice, slice, slice, slice, slice, slice]))).toBe('600 requests in the last 1 min, 6 bad (1 %)')
  expect(sayHour([])).toBe('no request in the last hour')
})
