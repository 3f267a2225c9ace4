import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig, readConfigText, type ConfigReading } from './readConfig.ts'

const example = `cofferdam: 1                            # version of this schema

environments:
  production:
    hosts: 4                            # of each service, or { blog: 4, tag: 2 }
    front: { port: auto, servedBy: always }
    settings:
      blog:    { PAGE_SIZE: "20" }
      comment: { SPAM_KEY: { secret: env:SPAM_KEY_PRODUCTION } }    # env:NAME or file:PATH, read at start, never stored
  staging:
    hosts: 1
    egress: none                        # a full environment: what is not here is refused. \`base:\` is refused until partial staging exists
    front: { port: auto, servedBy: always }
    settings:
      blog:    { PAGE_SIZE: "20", PREVIEW: "on" }
      comment: { SPAM_KEY: { secret: env:SPAM_KEY_STAGING } }
    differs: { blog.PREVIEW: "previewed for the editors, owner web, until 2027-03-01" }    # declared differences from production

pipeline:                               # one for the whole organisation (P1); these are the example's values
  stages:
    - { name: staging, environment: staging }                           # leaves when every test of the service has passed
    - { name: canary, environment: production, shares: [5%, 10%] }      # allowed: 5 % to 10 %
    - { name: production, environment: production, batch: 25%, keepPrevious: until-bake }
  minimum: { share: 30s, batch: 10s, bake: 30s }                        # product: 5m, 1m, 10m; sums of judged slices
  deadline: 20m                                                         # per share; then a hold for a person. product: 60m
  watchedFor: 60s
  mayOverride:                          # what a service may change under \`pipeline:\` or \`analysis:\`, and how far
    minimum.share: { from: 30s, to: 1h }
    guards.memory: { to: 1024MB }

analysis:                               # product's defaults: canary-statistics 7.3
  slice: 5s
  startUp: 10s
  metrics:                              # a key metric: tolerated = no reason to go back; harmful = what health is proven against
    errors:      { weight: 0.4,  tolerated: { times: 1.25, plus: 0.05pp }, harmful: { times: 2, plus: 1pp } }
    latency-p50: { weight: 0.15, tolerated: { slower: 1.05 }, harmful: { times: 1.5 } }
    latency-p90: { weight: 0.15, tolerated: { slower: 1.05 }, harmful: { times: 1.8 } }
    latency-p99: { weight: 0.3,  tolerated: { slower: 1.10 }, harmful: { times: 5 } }
  guards:                               # absolute limits; they never compare arms
    errors: 10%
    latency-p99: 2s
    memory: 160MB                       # of one instance, 3 samples in a row, 5 s apart
    crashes: { times: 3, within: 1m }

services:                               # or \`services: { tag: ../tag/cofferdam.yaml }\`: a file with one entry's content
  blog-ui:
    from: services/blog-ui              # the working folder that \`deploy blog-ui\` snapshots
    owner: web
    routes: [/ui/blog]                  # path prefixes; \`host:\` routes: { host: blog.example.com, path: / }
    pages: true                         # browsers load pages from it: shares are dealt by session
    run: node src/main.ts
    dependencies: [blog]
    tests:
      page: { kind: probe, request: GET /ui/blog, expect: { status: 200, text: "<h1>" } }
  blog:
    from: services/blog
    owner: web
    routes: [/api/blog]
    run: node src/main.ts
    ready: { path: /healthz, within: 10s }                              # these are the defaults
    stop: { grace: 3s }
    dependencies: [tag, comment]
    settings: { PAGE_SIZE: required, PREVIEW: optional }                # names it may be given; values live in environments
    data:
      main: { kind: sqlite, access: write, migrate: node src/migrate.ts, seed: node src/seed.ts }
    tests:
      unit:   { kind: suite, command: node --test test, timeout: 1m }
      list:   { kind: probe, request: GET /api/blog, expect: { status: 200, json: { "items.0.title": string } } }
      create: { kind: probe, request: POST /api/blog, body: { title: "Zoë" }, expect: { status: 201, within: 2s } }
  tag:
    from: services/tag
    owner: search
    routes: [/api/tag]
    run: node src/main.ts
    data: { main: { kind: sqlite, access: write, migrate: node src/migrate.ts, seed: node src/seed.ts } }
    tests: { list: { kind: probe, request: GET /api/tag, expect: { status: 200, json: { "items": array } } } }
  comment:
    from: services/comment
    owner: community
    routes: [/api/comments]
    run: node src/main.ts
    settings: { SPAM_KEY: required }
    data: { main: { kind: sqlite, access: write, migrate: node src/migrate.ts, seed: node src/seed.ts } }
    tests: { list: { kind: probe, request: "GET /api/comments?post=1", expect: { status: 200 } } }
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cofferdam-config-'))
  for (const service of ['blog-ui', 'blog', 'tag', 'comment']) {
    await mkdir(join(folder, 'services', service), { recursive: true })
  }
  await writeFile(join(folder, 'cofferdam.yaml'), example)
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

function accepted(reading: ConfigReading) {
  if (!reading.ok) throw new Error(reading.problems.map((problem) => problem.text).join('\n'))
  return reading
}

async function pathsOf(text: string): Promise<string[]> {
  const reading = await readConfigText(text, join(folder, 'cofferdam.yaml'))
  return reading.ok ? [] : reading.problems.map((problem) => problem.path)
}

describe('the example of the design', () => {
  test('policy: units become milliseconds, bytes and fractions', async () => {
    const { organisation } = accepted(await readConfig(join(folder, 'cofferdam.yaml')))
    expect(organisation.pipeline).toEqual({
      stages: [
        { kind: 'test', name: 'staging', environment: 'staging' },
        { kind: 'canary', name: 'canary', environment: 'production', shares: [0.05, 0.1] },
        { kind: 'production', name: 'production', environment: 'production', batch: 0.25, keepPrevious: 'until-bake' },
      ],
      minimum: { shareMs: 30_000, batchMs: 10_000, bakeMs: 30_000 },
      deadlineMs: 1_200_000,
      watchedForMs: 60_000,
    })
    expect(organisation.analysis).toEqual({
      sliceMs: 5_000,
      startUpMs: 10_000,
      alpha: 0.01,
      beta: 0.05,
      metrics: [
        {
          name: 'errors',
          kind: 'errors',
          weight: 0.4,
          tolerated: { times: 1.25, plus: 0.0005 },
          harmful: { times: 2, plus: 0.01 },
        },
        {
          name: 'latency-p50',
          kind: 'latency',
          quantile: 0.5,
          weight: 0.15,
          tolerated: { slower: 1.05 },
          harmful: { times: 1.5 },
        },
        {
          name: 'latency-p90',
          kind: 'latency',
          quantile: 0.9,
          weight: 0.15,
          tolerated: { slower: 1.05 },
          harmful: { times: 1.8 },
        },
        {
          name: 'latency-p99',
          kind: 'latency',
          quantile: 0.99,
          weight: 0.3,
          tolerated: { slower: 1.1 },
          harmful: { times: 5 },
        },
      ],
      guards: {
        errors: 0.1,
        latencyP99Ms: 2_000,
        memoryBytes: 160 * 1_048_576,
        crashes: { times: 3, withinMs: 60_000 },
      },
    })
  })

  test('environments: hosts of each service, doors, settings as values and references', async () => {
    const { organisation } = accepted(await readConfig(join(folder, 'cofferdam.yaml')))
    expect(organisation.environments).toEqual([
      {
        name: 'production',
        hosts: { 'blog-ui': 4, blog: 4, tag: 4, comment: 4 },
        front: { port: 'auto', servedBy: 'always' },
        settings: {
          blog: { PAGE_SIZE: { kind: 'value', value: '20' } },
          comment: { SPAM_KEY: { kind: 'secret', from: 'env', name: 'SPAM_KEY_PRODUCTION' } },
        },
        differs: {},
      },
      {
        name: 'staging',
        hosts: { 'blog-ui': 1, blog: 1, tag: 1, comment: 1 },
        front: { port: 'auto', servedBy: 'always' },
        settings: {
          blog: { PAGE_SIZE: { kind: 'value', value: '20' }, PREVIEW: { kind: 'value', value: 'on' } },
          comment: { SPAM_KEY: { kind: 'secret', from: 'env', name: 'SPAM_KEY_STAGING' } },
        },
        differs: { 'blog.PREVIEW': 'previewed for the editors, owner web, until 2027-03-01' },
      },
    ])
  })

  test('services: in the order of the file, commands as words, paths absolute', async () => {
    const { organisation } = accepted(await readConfig(join(folder, 'cofferdam.yaml')))
    expect(organisation.services.map((service) => service.name)).toEqual(['blog-ui', 'blog', 'tag', 'comment'])
    expect(organisation.services[1]).toEqual({
      name: 'blog',
      owner: 'web',
      from: join(folder, 'services/blog'),
      routes: [{ path: '/api/blog' }],
      pages: false,
      run: ['node', 'src/main.ts'],
      ready: { path: '/healthz', withinMs: 10_000 },
      stop: { graceMs: 3_000 },
      dependencies: ['tag', 'comment'],
      settings: { PAGE_SIZE: 'required', PREVIEW: 'optional' },
      data: [
        {
          name: 'main',
          kind: 'sqlite',
          access: 'write',
          migrate: ['node', 'src/migrate.ts'],
          seed: ['node', 'src/seed.ts'],
        },
      ],
      tests: [
        { name: 'unit', kind: 'suite', command: ['node', '--test', 'test'], timeoutMs: 60_000 },
        {
          name: 'list',
          kind: 'probe',
          method: 'GET',
          path: '/api/blog',
          headers: {},
          expect: { status: 200, json: { 'items.0.title': 'string' }, withinMs: 5_000 },
        },
        {
          name: 'create',
          kind: 'probe',
          method: 'POST',
          path: '/api/blog',
          headers: {},
          body: { title: 'Zoë' },
          expect: { status: 201, withinMs: 2_000 },
        },
      ],
    })
  })

  test('is plain JSON, and the same each time', async () => {
    const first = accepted(await readConfig(join(folder, 'cofferdam.yaml')))
    const second = accepted(await readConfigText(example, join(folder, 'cofferdam.yaml')))
    expect(JSON.parse(JSON.stringify(first.organisation))).toStrictEqual(first.organisation)
    expect(JSON.stringify(second.organisation)).toBe(JSON.stringify(first.organisation))
  })

  test('a service within the bounds has whole sections of its own; its twin without has none', async () => {
    const text = example.replace('    owner: search', '    owner: search\n    analysis: { guards: { memory: 1024MB } }')
    const { organisation } = accepted(await readConfigText(text, join(folder, 'cofferdam.yaml')))
    const tag = organisation.services[2]
    expect(tag?.override).toEqual({
      analysis: {
        ...organisation.analysis,
        guards: { ...organisation.analysis.guards, memoryBytes: 1024 * 1_048_576 },
      },
    })
    expect(organisation.services[1]).not.toHaveProperty('override')
  })
})

test('defaults of the product hold where the file says nothing', async () => {
  const text = `
cofferdam: 1
environments: { production: {}, staging: {} }
services: { pay: { from: services/tag, owner: money, routes: [/], run: node main.js } }`
  const { organisation } = accepted(await readConfigText(text, join(folder, 'cofferdam.yaml')))
  expect(organisation.pipeline.minimum).toEqual({ shareMs: 300_000, batchMs: 60_000, bakeMs: 600_000 })
  expect(organisation.pipeline.deadlineMs).toBe(3_600_000)
  expect(organisation.pipeline.stages.map((stage) => stage.name)).toEqual(['staging', 'canary', 'production'])
  expect(organisation.analysis.sliceMs).toBe(10_000)
  expect(organisation.environments.map((environment) => environment.front.servedBy)).toEqual(['keyed', 'always'])
})

test('twelve mistakes of different kinds are twelve problems', async () => {
  const changes: [string, string, string][] = [
    ['hosts: 1\n', 'hostz: 1\n', 'environments.staging.hostz'],
    ['deadline: 20m', 'deadline: 20', 'pipeline.deadline'],
    ['memory: 160MB', 'memory: 160mb', 'analysis.guards.memory'],
    ['dependencies: [tag, comment]', 'dependencies: [tags, comment]', 'services.blog.dependencies[0]'],
    ['routes: [/api/tag]', 'routes: [/api/blog]', 'services.tag.routes[0]'],
    [
      '    owner: community',
      '    owner: community\n    analysis: { guards: { memory: 2048MB } }',
      'services.comment.analysis.guards.memory',
    ],
    ['[5%, 10%]', '[5%, 50%]', 'pipeline.stages[1].shares[1]'],
    ['pages: true ', 'pages: perhaps ', 'services.blog-ui.pages'],
    ['name: staging, environment: staging', 'name: staging, environment: stagging', 'pipeline.stages[0].environment'],
    [
      '{ secret: env:SPAM_KEY_STAGING }',
      '{ secret: hunter2 }',
      'environments.staging.settings.comment.SPAM_KEY.secret',
    ],
    ['kind: suite', 'kind: sweet', 'services.blog.tests.unit.kind'],
    ['request: GET /ui/blog', 'request: FETCH /ui/blog', 'services.blog-ui.tests.page.request'],
  ]
  let text = example
  for (const [from, to] of changes) {
    expect(text).toContain(from)
    text = text.replace(from, to)
  }
  expect((await pathsOf(text)).sort()).toEqual(changes.map((change) => change[2]).sort())
  const reading = await readConfigText(text, join(folder, 'cofferdam.yaml'))
  expect(JSON.stringify(reading)).not.toContain('hunter2')
  expect(await pathsOf(example)).toEqual([])
})

describe('files', () => {
  test('a service may stand in its own file, with paths relative to it', async () => {
    const other = join(folder, 'elsewhere')
    await mkdir(other)
    await writeFile(join(other, 'cofferdam.yaml'), 'owner: search\nroutes: [/api/tag]\nrun: node src/main.ts\n')
    const text = example.replace(/ {2}tag:\n(?: {4}.*\n)+/, '  tag: elsewhere/cofferdam.yaml\n')
    const { organisation, source } = accepted(await readConfigText(text, join(folder, 'cofferdam.yaml')))
    expect(organisation.services[2]?.from).toBe(other)
    expect(source.files.map((file) => file.path)).toEqual([
      join(folder, 'cofferdam.yaml'),
      join(other, 'cofferdam.yaml'),
    ])

    await writeFile(join(other, 'cofferdam.yaml'), 'owner: search\nroutes: [/api/tag]\nrunn: node src/main.ts\n')
    const broken = await readConfigText(text, join(folder, 'cofferdam.yaml'))
    expect(broken).toMatchObject({
      ok: false,
      problems: [
        { path: 'services.tag.runn', nearest: 'run', file: join(other, 'cofferdam.yaml'), line: 3, column: 1 },
      ],
    })
    expect(await pathsOf(text.replace('elsewhere/', 'nowhere/'))).toEqual(['services.tag'])
    await writeFile(join(other, 'cofferdam.yaml'), 'owner: [\n')
    expect(await pathsOf(text)).toEqual(['services.tag'])
  })

  test('a text that is no YAML is one problem with its place', async () => {
    const reading = await readConfigText('cofferdam: 1\nservices: [\n', join(folder, 'x.yaml'))
    expect(reading).toMatchObject({ ok: false, problems: [{ path: '', line: 3 }] })
  })

  test('a file that is missing, a folder or too large is one problem', async () => {
    expect(await readConfig(join(folder, 'none.yaml'))).toMatchObject({ ok: false, problems: [{ path: '' }] })
    expect(await readConfig(folder)).toMatchObject({ ok: false, problems: [{ path: '' }] })
    expect(await pathsOf(`#${'x'.repeat(1_048_576)}\n${example}`)).toEqual([''])
    expect(await pathsOf(`#${'x'.repeat(100_000)}\n${example}`)).toEqual([])
  })

  test('aliases that grow and nesting without end are one problem, a plain alias is none', async () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 0; i < 9; i++)
      bomb.push(`b${i}: &b${i} [${Array.from({ length: 10 }, () => (i === 0 ? '*a' : `*b${i - 1}`)).join(', ')}]`)
    expect(await pathsOf(bomb.join('\n'))).toEqual([''])
    expect(await pathsOf('['.repeat(200_000))).toEqual([''])
    const anchored = example
      .replace('{ kind: sqlite', '&main { kind: sqlite')
      .replace(/data: \{ main: \{[^}]*\} \}/, 'data: { main: *main }')
    expect(anchored).toContain('*main')
    expect(await pathsOf(anchored)).toEqual([])
  })

  test('folders need not exist when the caller says so; else a file out of its place is one problem', async () => {
    const elsewhere = join(folder, 'services', 'cofferdam.yaml')
    expect((await readConfigText(example, elsewhere, { folders: false })).ok).toBe(true)
    expect(await readConfigText(example, elsewhere)).toMatchObject({
      ok: false,
      problems: [{ path: 'services.blog-ui.from' }],
    })
  })
})
