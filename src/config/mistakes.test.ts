import fc from 'fast-check'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfigText } from './readConfig.ts'
import type { Problem } from './problem.ts'

const valid = `
cofferdam: 1
environments:
  live:
    hosts: { cart: 4, pay: 2 }
    front: { port: 8080, servedBy: keyed }
    settings:
      cart: { PAGE_SIZE: "20" }
      pay:  { API_KEY: { secret: env:PAY_KEY_LIVE }, LIMIT: "9" }
  test:
    hosts: 1
    egress: none
    front: { port: 8081, servedBy: always }
    settings:
      cart: { PAGE_SIZE: "20", PREVIEW: "on" }
      pay:  { API_KEY: { secret: file:secrets/pay }, LIMIT: "9" }
    differs: { cart.PREVIEW: "for the editors" }
pipeline:
  stages:
    - { name: staging, environment: test }
    - { name: canary, environment: live, shares: [5%, 10%] }
    - { name: production, environment: live, batch: 25%, keepPrevious: until-bake }
  minimum: { share: 30s, batch: 10s, bake: 30s }
  deadline: 20m
  watchedFor: 60s
  mayOverride:
    minimum.share: { from: 30s, to: 1h }
    guards.memory: { to: 1024MB }
analysis:
  slice: 5s
  startUp: 10s
  metrics:
    errors:      { weight: 0.4,  tolerated: { times: 1.25, plus: 0.05pp }, harmful: { times: 2, plus: 1pp } }
    latency-p99: { weight: 0.3,  tolerated: { slower: 1.10 }, harmful: { times: 5 } }
  guards: { errors: 10%, latency-p99: 2s, memory: 160MB, crashes: { times: 3, within: 1m } }
services:
  cart:
    from: cart
    owner: web
    routes: [/api/cart, { host: cart.example.com, path: / }]
    run: node src/main.ts
    ready: { path: /healthz, within: 10s }
    dependencies: [pay]
    settings: { PAGE_SIZE: required, PREVIEW: optional }
    data: { main: { kind: sqlite, access: write, migrate: node src/migrate.ts } }
    pipeline: { minimum: { share: 1m } }
    analysis: { guards: { memory: 512MB } }
    tests:
      unit: { kind: suite, command: node --test test, timeout: 1m }
      list: { kind: probe, request: GET /api/cart, expect: { status: 200, within: 2s } }
  pay:
    from: pay
    owner: money
    routes: [/api/pay]
    run: node src/main.ts
    settings: { API_KEY: required, LIMIT: required }
    tests: { list: { kind: probe, request: POST /api/pay, body: { cents: 1 }, expect: { json: { id: string } } } }
`

/** [what, text, replacement, path, nearest]; all of the text's occurrences are replaced. */
type Mistake = readonly [string, string, string, string, (string | null)?]

const mistakes: readonly Mistake[] = [
  ['unknown version', 'cofferdam: 1', 'cofferdam: 2', 'cofferdam'],
  ['version as text', 'cofferdam: 1', 'cofferdam: "1"', 'cofferdam', '1'],
  ['unknown key at the top', 'pipeline:\n  stages', 'pipelines:\n  stages', 'pipelines', 'pipeline'],
  ['unknown key in a service', 'owner: web', 'ownr: web', 'services.cart.ownr', 'owner'],
  [
    'required key misspelt',
    '    run: node src/main.ts\n    ready',
    '    rn: node src/main.ts\n    ready',
    'services.cart.rn',
    'run',
  ],
  [
    'misspelt section with contents',
    '    settings: { PAGE',
    '    setings: { PAGE',
    'services.cart.setings',
    'settings',
  ],
  ['unknown key, like no other', 'owner: web', 'owner: web\n    colour: red', 'services.cart.colour', null],
  ['missing key', '    owner: web\n', '', 'services.cart.owner', null],
  ['list for a map', 'hosts: { cart: 4, pay: 2 }', 'hosts: [4]', 'environments.live.hosts'],
  ['number for a list', 'dependencies: [pay]', 'dependencies: 5', 'services.cart.dependencies'],
  ['null for a map', 'ready: { path: /healthz, within: 10s }', 'ready:', 'services.cart.ready'],
  ['duration without unit', 'deadline: 20m', 'deadline: 20', 'pipeline.deadline', '20s'],
  ['duration with a word', 'deadline: 20m', 'deadline: 20 min', 'pipeline.deadline', '20m'],
  ['duration with a wrong unit', 'deadline: 20m', 'deadline: 20mm', 'pipeline.deadline', '20m'],
  ['duration in days', 'within: 10s', 'within: 2d', 'services.cart.ready.within', '48h'],
  ['duration negative', 'within: 2s', 'within: -2s', 'services.cart.tests.list.expect.within'],
  ['duration above its bound', 'slice: 5s', 'slice: 40s', 'analysis.slice', '30s'],
  ['size in small letters', 'memory: 160MB', 'memory: 160mb', 'analysis.guards.memory', '160MB'],
  ['size as duration', 'memory: 160MB', 'memory: 160s', 'analysis.guards.memory'],
  ['size in GB', 'memory: 512MB', 'memory: 1GB', 'services.cart.analysis.guards.memory', '1024MB'],
  ['percent without sign', 'errors: 10%', 'errors: 0.1', 'analysis.guards.errors', '0.1%'],
  ['points as percent', 'plus: 1pp', 'plus: 1%', 'analysis.metrics.errors.harmful.plus', '1pp'],
  ['unknown dependency', 'dependencies: [pay]', 'dependencies: [pya]', 'services.cart.dependencies[0]', 'pay'],
  ['dependency on itself', 'dependencies: [pay]', 'dependencies: [cart]', 'services.cart.dependencies[0]'],
  ['dependency twice', 'dependencies: [pay]', 'dependencies: [pay, pay]', 'services.cart.dependencies[1]'],
  [
    'unknown environment of a stage',
    'staging, environment: test',
    'staging, environment: tset',
    'pipeline.stages[0].environment',
    'test',
  ],
  ['misspelt environment', '  live:', '  lvie:', 'pipeline.stages[1].environment', 'lvie'],
  [
    'settings of an unknown service',
    '      cart: { PAGE_SIZE: "20", ',
    '      crat: { PAGE_SIZE: "20", ',
    'environments.test.settings.crat',
    'cart',
  ],
  [
    'setting that is not declared',
    'PAGE_SIZE: "20" }',
    'PAGE_SIZE: "20", COLOUR: "red" }',
    'environments.live.settings.cart.COLOUR',
    null,
  ],
  [
    'setting misspelt',
    'PAGE_SIZE: "20" }',
    'PAGE_SIZ: "20" }',
    'environments.live.settings.cart.PAGE_SIZ',
    'PAGE_SIZE',
  ],
  [
    'declaration misspelt',
    'PAGE_SIZE: required',
    'PAGE_SIZ: required',
    'environments.live.settings.cart.PAGE_SIZE',
    'PAGE_SIZ',
  ],
  [
    'required setting missing',
    '{ secret: env:PAY_KEY_LIVE }, LIMIT: "9"',
    '{ secret: env:PAY_KEY_LIVE }',
    'environments.live.settings.pay.LIMIT',
    null,
  ],
  [
    'required setting missing everywhere',
    'LIMIT: required',
    'LIMIT: required, TOKEN: required',
    'environments.live.settings.pay.TOKEN',
    null,
  ],
  [
    'wrong word for required',
    'PAGE_SIZE: required',
    'PAGE_SIZE: requird',
    'services.cart.settings.PAGE_SIZE',
    'required',
  ],
  ['setting of the platform', 'PREVIEW: optional', 'PREVIEW: optional, PORT: optional', 'services.cart.settings.PORT'],
  ['setting as a number', 'PREVIEW: "on"', 'PREVIEW: 5', 'environments.test.settings.cart.PREVIEW', '"5"'],
  [
    'hosts of an unknown service',
    'hosts: { cart: 4, pay: 2 }',
    'hosts: { cart: 4, pays: 2 }',
    'environments.live.hosts.pays',
    'pay',
  ],
  ['no hosts', 'hosts: 1', 'hosts: 0', 'environments.test.hosts', '1'],
  ['negative hosts of a service', 'pay: 2 }', 'pay: -2 }', 'environments.live.hosts.pay', '1'],
  ['differs of an unknown service', 'cart.PREVIEW:', 'crat.PREVIEW:', 'environments.test.differs.crat.PREVIEW', 'cart'],
  [
    'differs of an unknown setting',
    'cart.PREVIEW:',
    'cart.PREVEIW:',
    'environments.test.differs.cart.PREVEIW',
    'PREVIEW',
  ],
  ['route twice', '[/api/pay]', '[/api/cart/]', 'services.pay.routes[0]'],
  ['route twice in a service', '[/api/pay]', '[/api/pay, /api/pay]', 'services.pay.routes[1]'],
  ['route without slash', '[/api/pay]', '[api/pay]', 'services.pay.routes[0]', '/api/pay'],
  ['no routes', '[/api/pay]', '[]', 'services.pay.routes'],
  [
    'route with a port in its host',
    'host: cart.example.com',
    'host: cart.example.com:80',
    'services.cart.routes[1].host',
    'cart.example.com',
  ],
  ['bound of the policy passed', 'memory: 512MB', 'memory: 2048MB', 'services.cart.analysis.guards.memory', '1024MB'],
  ['lower bound passed', 'share: 1m', 'share: 10s', 'services.cart.pipeline.minimum.share', '30s'],
  [
    "field that is not a service's",
    'minimum: { share: 1m }',
    'minimum: { share: 1m, bake: 1m }',
    'services.cart.pipeline.minimum.bake',
  ],
  ['stages of a service', '{ minimum: { share: 1m } }', '{ stages: [] }', 'services.cart.pipeline.stages'],
  [
    'unknown field in mayOverride',
    'guards.memory: {',
    'guards.memry: {',
    'pipeline.mayOverride.guards.memry',
    'guards.memory',
  ],
  ['bounds the wrong way round', 'from: 30s, to: 1h', 'from: 2h, to: 1h', 'pipeline.mayOverride.minimum.share'],
  ['share too large', 'shares: [5%, 10%]', 'shares: [5%, 20%]', 'pipeline.stages[1].shares[1]', '10%'],
  ['share too small', 'shares: [5%, 10%]', 'shares: [1%, 10%]', 'pipeline.stages[1].shares[0]', '5%'],
  ['shares that fall', 'shares: [5%, 10%]', 'shares: [10%, 5%]', 'pipeline.stages[1].shares'],
  ['canary misspelt', 'name: canary', 'name: canry', 'pipeline.stages[1].name', 'canary'],
  ['production misspelt', 'name: production', 'name: prodction', 'pipeline.stages[2].name', 'production'],
  [
    'shares at a test stage',
    'staging, environment: test }',
    'staging, environment: test, batch: 5% }',
    'pipeline.stages[0].name',
  ],
  [
    'canary elsewhere',
    'canary, environment: live',
    'canary, environment: test',
    'pipeline.stages[1].environment',
    'live',
  ],
  [
    'tests where users are',
    'staging, environment: test',
    'staging, environment: live',
    'pipeline.stages[0].environment',
  ],
  ['stages without canary', '    - { name: canary, environment: live, shares: [5%, 10%] }\n', '', 'pipeline.stages'],
  ['base', 'egress: none', 'egress: none\n    base: live', 'environments.test.base'],
  ['egress', 'egress: none', 'egress: all', 'environments.test.egress'],
  ['unknown kind of test', 'kind: suite', 'kind: suit', 'services.cart.tests.unit.kind', 'suite'],
  ['kind of test missing', 'kind: suite, ', '', 'services.cart.tests.unit.kind', null],
  ['key of kind misspelt', 'kind: suite', 'knid: suite', 'services.cart.tests.unit.knid', 'kind'],
  ['key of the other kind', 'timeout: 1m', 'timeout: 1m, request: GET /', 'services.cart.tests.unit.request'],
  ['unknown kind of store', 'kind: sqlite', 'kind: sqlight', 'services.cart.data.main.kind', 'sqlite'],
  [
    'method in small letters',
    'request: GET /api/cart',
    'request: get /api/cart',
    'services.cart.tests.list.request',
    'GET /api/cart',
  ],
  [
    'request without method',
    'request: GET /api/cart',
    'request: /api/cart',
    'services.cart.tests.list.request',
    'GET /api/cart',
  ],
  ['body at a GET', 'request: POST /api/pay', 'request: GET /api/pay', 'services.pay.tests.list.body'],
  ['status that is none', 'status: 200', 'status: 2000', 'services.cart.tests.list.expect.status', '599'],
  ['name of a service', '  pay:\n    from', '  Pay:\n    from', 'services.Pay', 'pay'],
  ['name of a layer', 'live', 'canary', 'environments.canary'],
  ['port out of range', 'port: 8081', 'port: 80810', 'environments.test.front.port'],
  ['port twice', 'port: 8081', 'port: 8080', 'environments.test.front.port', 'auto'],
  ['weights', 'weight: 0.4', 'weight: 0.5', 'analysis.metrics'],
  ['weight as text', 'weight: 0.4', 'weight: "0.4"', 'analysis.metrics.errors.weight', '0.4'],
  ['unknown metric', 'latency-p99: { weight', 'latency-p98: { weight', 'analysis.metrics.latency-p98'],
  ['secret by value', 'secret: env:PAY_KEY_LIVE', 'secret: hunter2', 'environments.live.settings.pay.API_KEY.secret'],
  ['empty command', 'command: node --test test', 'command: ""', 'services.cart.tests.unit.command'],
  ['open quote', 'command: node --test test', 'command: node "test', 'services.cart.tests.unit.command'],
  ['shell', 'command: node --test test', 'command: node a.js && node b.js', 'services.cart.tests.unit.command'],
  ['folder that does not exist', 'from: pay', 'from: pey', 'services.pay.from', 'pay'],
  ['key twice', '    owner: web', '    owner: web\n    owner: other', 'services.cart.owner'],
  ['services as a list', valid.slice(valid.indexOf('services:')), 'services: []', 'services'],
  ['stage time after the deadline', 'minimum: { share: 30s', 'minimum: { share: 30m', 'pipeline.minimum.share'],
  ['watched for less than a slice', 'watchedFor: 60s', 'watchedFor: 1s', 'pipeline.watchedFor', '10s'],
]

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cofferdam-config-'))
  await mkdir(join(folder, 'cart'))
  await mkdir(join(folder, 'pay'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function problemsOf(text: string): Promise<readonly Problem[]> {
  const reading = await readConfigText(text, join(folder, 'cofferdam.yaml'))
  return reading.ok ? [] : reading.problems
}

test('the file without mistakes has no problem', async () => {
  expect(await problemsOf(valid)).toEqual([])
})

describe('each single mistake is exactly one problem at its place', () => {
  test.each(mistakes.map((mistake) => ({ mistake, what: mistake[0] })))('$what', async ({ mistake }) => {
    const [, text, replacement, path, meant] = mistake
    expect(valid).toContain(text)
    const problems = await problemsOf(valid.replaceAll(text, replacement))
    expect(problems.map((problem) => problem.path)).toEqual([path])
    if (meant !== undefined) expect(problems[0]?.nearest).toBe(meant)
    expect(problems[0]?.line).toBeGreaterThan(0)
    expect(problems[0]?.text).toContain(path)
  })
})

// Mistakes of which one hides or changes what another is about.
const entangled =
  /services as a list|deadline|wrong way round|canary|production|environment|where users|at a test stage|kind|unknown metric|weights|declaration/

test('several mistakes are as many problems', async () => {
  const independent = mistakes.filter(([what]) => !entangled.test(what))
  expect(independent.length).toBeGreaterThan(50)
  let judged = 0
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([...independent], { minLength: 2, maxLength: 12 }), async (chosen) => {
      const forth = chosen.reduce((text, [, from, to]) => text.replaceAll(from, to), valid)
      const back = chosen.reduceRight((text, [, from, to]) => text.replaceAll(from, to), valid)
      // Changes of the same piece of text exclude each other.
      const apart = chosen.every(([, from, to]) => valid.replaceAll(from, to) !== valid && forth.includes(to))
      fc.pre(
        apart &&
          forth === back &&
          !chosen.some(([, from], i) => chosen.some(([, other], j) => i !== j && from.includes(other))),
      )
      judged++
      const found = await problemsOf(forth)
      // A mistake inside a misspelt key stands under that key: only the number is compared.
      expect(found.map((problem) => problem.path)).toHaveLength(chosen.length)
    }),
    { numRuns: 40, maxSkipsPerRun: 1_000 },
  )
  expect(judged).toBeGreaterThanOrEqual(40)
})
