import { describe, expect, test } from 'vitest'
import { parsePlan } from './plan.ts'

const good = `
load:
  users: { names: 10, notAscii: 0.1 }
  languages: { en: 3, de: 1 }
  userAgents: [browser]
  writes: 0.1
  visit:
    - - { read: GET /cart, write: POST /cart, body: { n: 1 }, weight: 2 }
      - { read: GET /pay }
`

describe('parsePlan', () => {
  test('reads what a visit asks', () => {
    const plan = parsePlan(good)
    expect(plan.languages).toEqual([
      { value: 'en', weight: 3 },
      { value: 'de', weight: 1 },
    ])
    expect(plan.thinkMs).toBe(0)
    expect(plan.visit).toEqual([
      [
        {
          value: { read: { method: 'GET', path: '/cart' }, write: { method: 'POST', path: '/cart' }, body: { n: 1 } },
          weight: 2,
        },
        { value: { read: { method: 'GET', path: '/pay' } }, weight: 1 },
      ],
    ])
  })

  test.each([
    ['writes: 0.1', 'writes: 2', 'load.writes is 2; allowed is a number from 0 to 1'],
    ['GET /pay', 'pay', 'load.visit.0.1.read is "pay"; allowed is METHOD /path'],
    ['userAgents: [browser]', '', 'load.userAgents is missing; allowed is a list with at least one entry'],
    ['en: 3', 'en: many', 'load.languages.en is "many"; allowed is a number from 0 to 1000000'],
  ])('refuses %s turned into "%s"', (from, to, message) => {
    expect(() => parsePlan(good.replace(from, to))).toThrow(message)
  })
})
