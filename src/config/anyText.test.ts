import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readConfigText } from './readConfig.ts'

const example = `
cofferdam: 1
environments:
  live: { hosts: { cart: 4 }, front: { port: 8080 }, settings: { cart: { PAGE_SIZE: "20", KEY: { secret: env:KEY } } } }
  test: { settings: { cart: { PAGE_SIZE: "20", KEY: { secret: file:key } } }, differs: { cart.PAGE_SIZE: "none" } }
pipeline:
  stages:
    - { name: staging, environment: test }
    - { name: canary, environment: live, shares: [5%, 10%] }
    - { name: production, environment: live, batch: 25% }
  mayOverride: { guards.memory: { to: 1024MB } }
analysis: { slice: 5s, metrics: { errors: { weight: 0.4, harmful: { times: 2, plus: 1pp } } } }
services:
  cart:
    from: cart
    owner: web
    routes: [/api/cart, { host: cart.example.com, path: / }]
    run: node "src/main.ts"
    settings: { PAGE_SIZE: required, KEY: optional }
    data: { main: { kind: sqlite, migrate: node src/migrate.ts } }
    analysis: { guards: { memory: 900MB } }
    tests:
      unit: { kind: suite, command: node --test }
      list: { kind: probe, request: POST /api/cart, body: { a: [1] }, expect: { json: { "a.0": number } } }
`

test('the text that the others are made from is right', async () => {
  expect((await readConfigText(example, '/tmp/cofferdam.yaml', { folders: false })).ok).toBe(true)
})

describe('whatever the text says', () => {
  const anyYaml = fc.oneof(
    fc.string({ maxLength: 200, unit: 'binary' }),
    fc
      .array(fc.constantFrom(...'{ } [ ] : , - ? & * ! | > \' " # % @ ` \n \t a b 0 1 < ~'.split(' '), ' '), {
        maxLength: 80,
      })
      .map((parts) => parts.join('')),
  )
  const mutated = fc
    .array(
      fc.record({
        at: fc.nat(example.length),
        length: fc.nat(30),
        text: fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('null', '[]', '{}', '~', '5', '&a', '*a')),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((edits) =>
      edits.reduce((text, { at, length, text: put }) => text.slice(0, at) + put + text.slice(at + length), example),
    )

  test('reading never throws, and each problem has a place, what is allowed and one line of text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyYaml, mutated), async (text) => {
        const reading = await readConfigText(text, '/tmp/cofferdam.yaml')
        if (reading.ok) return
        expect(reading.problems.length).toBeGreaterThan(0)
        for (const problem of reading.problems) {
          expect(problem.allowed).not.toBe('')
          expect(problem.text).not.toContain('\n')
        }
        expect(JSON.parse(JSON.stringify(reading))).toStrictEqual(reading)
      }),
      { numRuns: 400 },
    )
  })

  test('a known key with any value is judged without a throw', async () => {
    const keys = fc.constantFrom(
      'cofferdam',
      'environments',
      'pipeline',
      'analysis',
      'services',
      'production',
      'stages',
      'hosts',
      'settings',
      'tests',
      'routes',
      'constructor',
      '__proto__',
      'toString',
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, true, 0, -1, 1.5, '', 'canary', '5%', '[', '1h'),
        tie('map'),
        tie('list'),
      ),
      map: fc.dictionary(keys, tie('value'), { maxKeys: 5 }),
      list: fc.array(tie('value'), { maxLength: 3 }),
    }))
    await fc.assert(
      fc.asyncProperty(value, async (data) => {
        const reading = await readConfigText(JSON.stringify(data) ?? 'null', '/tmp/cofferdam.yaml')
        expect(reading.ok).toBe(false)
      }),
      { numRuns: 300 },
    )
  })
})
