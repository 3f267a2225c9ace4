import { expect, test } from 'vitest'
import type { Plan } from './plan.ts'
import { seedRandom } from './seedRandom.ts'
import { openVisitMaker } from './visitMaker.ts'

const plan: Plan = {
  users: { names: 1000, notAscii: 0.02 },
  languages: [
    { value: 'en', weight: 80 },
    { value: 'de', weight: 20 },
  ],
  userAgents: ['one', 'two', 'three', 'four'],
  writes: 0.1,
  thinkMs: 1000,
  visit: [
    [
      {
        value: {
          read: { method: 'GET', path: '/cart?item={1-3}' },
          write: { method: 'POST', path: '/cart' },
          body: { item: '{1-3}', text: '{user} {number}', more: [true] },
        },
        weight: 1,
      },
    ],
    [{ value: { read: { method: 'GET', path: '/pay' } }, weight: 1 }],
  ],
}

test('visits ask what the plan says, as often as it says', () => {
  const makeVisit = openVisitMaker(plan, seedRandom(1))
  const visits = Array.from({ length: 20_000 }, makeVisit)
  const fraction = (has: (visit: (typeof visits)[number]) => boolean) => visits.filter(has).length / visits.length

  expect(visits.every((visit) => visit.length === 2 && visit[0]?.afterMs === 0)).toBe(true)
  expect(fraction((visit) => visit[0]?.method === 'POST')).toBeCloseTo(0.1, 1)
  expect(fraction((visit) => visit[1]?.method === 'GET')).toBe(1)
  expect(fraction((visit) => visit[0]?.headers['accept-language'] === 'de')).toBeCloseTo(0.2, 1)
  const notAscii = fraction((visit) => /%[89A-F]/.test(visit[0]?.headers['x-user'] ?? ''))
  expect(notAscii).toBeGreaterThan(0.015)
  expect(notAscii).toBeLessThan(0.025)
  expect(new Set(visits.map((visit) => visit[0]?.headers['x-user'])).size).toBe(1000)
  expect(new Set(visits.map((visit) => visit[0]?.headers['user-agent'])).size).toBe(4)
})

test('places in paths and bodies are filled in', () => {
  const makeVisit = openVisitMaker({ ...plan, writes: 1 }, seedRandom(2))
  const write = makeVisit()[0]
  const body: unknown = JSON.parse(write?.body ?? '')
  const user = decodeURIComponent(write?.headers['x-user'] ?? '')
  expect(body).toEqual({
    item: expect.toSatisfy((n) => n === 1 || n === 2 || n === 3),
    text: `${user} 1`,
    more: [true],
  })

  const read = openVisitMaker({ ...plan, writes: 0 }, seedRandom(3))()[0]
  expect(read?.path).toMatch(/^\/cart\?item=[123]$/)
  expect(read?.body).toBeUndefined()
})
