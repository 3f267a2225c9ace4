import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { effectiveConfig, formatEffective } from './effective.ts'
import { configJsonSchema, type JsonSchema } from './jsonSchema.ts'
import { readConfigText } from './readConfig.ts'
import { referencePage } from './referencePage.ts'

function* properties(schema: JsonSchema, path: string): Generator<[string, JsonSchema]> {
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    yield [`${path}.${key}`, inner]
    yield* properties(inner, `${path}.${key}`)
  }
  for (const branch of schema.anyOf ?? []) yield* properties(branch, path)
  if (schema.items) yield* properties(schema.items, `${path}[]`)
  if (typeof schema.additionalProperties === 'object') yield* properties(schema.additionalProperties, `${path}.*`)
}

const small = `
cofferdam: 1
environments: { live: { hosts: { cart: 3 } }, test: {} }
pipeline:
  stages:
    - { name: checks, environment: test }
    - { name: canary, environment: live }
    - { name: production, environment: live, batch: 50% }
  deadline: 30m
  mayOverride: { deadline: { to: 1h }, guards.memory: { to: 1024MB }, minimum.share: { from: 1m } }
services:
  cart: { from: cart, owner: web, routes: [/api/cart], run: node main.js, analysis: { guards: { memory: 900MB } } }
`

describe('the JSON Schema', () => {
  test('describes every property and closes every map with known keys', () => {
    const all = [...properties(configJsonSchema(), '')]
    expect(all.length).toBeGreaterThan(150)
    expect(all.filter(([, schema]) => !schema.description).map(([path]) => path)).toEqual([])
    const open = all.filter(([, schema]) => schema.properties && schema.additionalProperties !== false)
    expect(open.map(([path]) => path)).toEqual([])
  })

  test('shows defaults as a person would write them', () => {
    const defaults = new Map([...properties(configJsonSchema(), '')].map(([path, schema]) => [path, schema.default]))
    expect(defaults.get('.pipeline.minimum.share')).toBe('5m')
    expect(defaults.get('.pipeline.deadline')).toBe('1h')
    expect(defaults.get('.analysis.guards.memory')).toBe('512MB')
    expect(defaults.get('.services.*.ready.path')).toBe('/healthz')
  })
})

describe('the effective file', () => {
  test('has every default, and says who said what', () => {
    const { config, origins } = effectiveConfig(parse(small))
    expect(config).toMatchObject({
      environments: {
        live: { egress: 'none', front: { port: 'auto', servedBy: 'keyed' } },
        test: { hosts: 1, front: { servedBy: 'always' } },
      },
      pipeline: { minimum: { share: '5m' }, deadline: '30m' },
      services: {
        cart: {
          ready: { path: '/healthz' },
          analysis: { guards: { memory: '900MB' } },
          pipeline: { deadline: '30m', minimum: { share: '5m' } },
        },
      },
    })
    expect(origins).toMatchObject({
      'environments.live.hosts.cart': 'file',
      'environments.live.front.servedBy': 'default',
      'pipeline.stages[1].shares[0]': 'default',
      'pipeline.deadline': 'pipeline',
      'services.cart.ready.path': 'default',
      'services.cart.analysis.guards.memory': 'service',
      'services.cart.pipeline.deadline': 'pipeline',
      'services.cart.pipeline.minimum.share': 'default',
    })
  })

  test('means the same as the file that it came from', async () => {
    const text = formatEffective(effectiveConfig(parse(small)))
    expect(text).toContain('memory: 900MB # service')
    const [before, after] = await Promise.all(
      [small, text].map((one) => readConfigText(one, '/tmp/x.yaml', { folders: false })),
    )
    if (!before?.ok || !after?.ok) throw new Error('a file has problems')
    const { override: _, ...own } = after.organisation.services[0] ?? {}
    const { override: __, ...was } = before.organisation.services[0] ?? {}
    expect({ ...after.organisation, services: [own] }).toEqual({ ...before.organisation, services: [was] })
    expect(after.organisation.services[0]?.override?.analysis).toEqual(
      before.organisation.services[0]?.override?.analysis,
    )
  })
})

test('the reference page has a row for every key of the schema', () => {
  const page = referencePage()
  expect(page).toContain('| `services.<service>.ready.path` | ')
  expect(page).toContain('| `pipeline.minimum.share` | a duration with its unit')
  expect(page).toContain('`environments.<environment>.settings.<service>.<SETTING>.secret`')
  expect(page).not.toContain('undefined')
})
