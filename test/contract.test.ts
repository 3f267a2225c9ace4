import { describe, expect, test } from 'vitest'
import { commands } from '../src/cli/commandTable.ts'
import { errorCatalogue } from '../src/domain/errors.ts'
import { holdRules } from '../src/domain/holds.ts'
import { refusalStatus } from '../src/domain/routing/why.ts'
import { promotionSchema, statusSchema } from '../src/http/contract/documents.ts'
import { describeApi } from '../src/http/contract/openapi.ts'
import { pathsOf } from '../src/http/contract/pathsOf.ts'
import type { Route } from '../src/http/contract/route.ts'
import { routes } from '../src/http/contract/routes.ts'
import { controlPlaneMetrics, gatewayMetrics } from '../tools/pages/metrics.ts'
import { instanceVariables } from '../tools/pages/runtime.ts'
import { readSources, readText } from './sourceFiles.ts'

/** What outside scripts may rely on. Nothing in these lists is removed or renamed; what the code has more is fine only where it says so. */
const words = (text: string): readonly string[] => text.trim().split(/\s+/).toSorted()

describe('closed lists of words', () => {
  test('why rules', () => {
    const inCode = [...readText('src/domain/routing/why.ts').matchAll(/^ {2}\| '(?<rule>[a-z-]+)'$/gm)].map(
      (match) => match.groups?.['rule'] ?? '',
    )
    expect(inCode.toSorted()).toEqual(
      words(
        'key key-unknown key-expired route layer-key layer-share layer-stable pool-dead unwatched base egress no-route',
      ),
    )
  })

  test('refusals of the gateway, with their status', () => {
    expect(refusalStatus).toEqual({
      'no-route': 404,
      egress: 403,
      'strict-key': 404,
      malformed: 400,
      'head-too-large': 431,
      'body-too-large': 413,
      'too-slow': 408,
      overloaded: 503,
      'no-host': 503,
      'upstream-failed': 502,
      'upstream-timeout': 504,
      // Counted, and the connection closed: no answer carries them.
      'not-trusted': 403,
      flood: 429,
    })
  })

  test('hold rules', () => {
    expect(Object.keys(holdRules).toSorted()).toEqual(
      words(
        'not-ready tests-running staging-taken minimum-time harm-suspected not-enough-data cannot-see cannot-save gateway-silent deadline service-busy stage-order cannot-tell forward-only emergency-follow-up',
      ),
    )
  })

  test('problem codes', () => {
    expect(Object.keys(errorCatalogue).toSorted()).toEqual(
      words(
        'invalid-config usage unknown-service unknown-build unknown-promotion not-a-service-folder held port-taken home-unusable home-locked node-too-old unreachable unauthorized idempotency-mismatch stale-generation too-large store-damaged disk-full bug',
      ),
    )
  })

  test('causes of a return', () => {
    const text = readText('src/domain/rollout/rollout.ts')
    const list = /export type Cause =(?<list>[^]*?)\n\n/.exec(text)?.groups?.['list'] ?? ''
    expect([...list.matchAll(/'(?<cause>[a-z-]+)'/g)].map((match) => match.groups?.['cause'] ?? '').toSorted()).toEqual(
      words('test analysis catastrophe guard crash-loop not-ready unwatched cannot-see held-too-long command'),
    )
  })
})

describe('exit codes', () => {
  test('every error has one of those that are promised', () => {
    expect(errorCatalogue.held.exit).toBe(1)
    expect(errorCatalogue.usage.exit).toBe(2)
    expect(errorCatalogue['invalid-config'].exit).toBe(2)
    expect(errorCatalogue.unreachable.exit).toBe(3)
    expect(errorCatalogue['home-locked'].exit).toBe(3)
    expect(errorCatalogue.bug.exit).toBe(70)
    expect([...new Set(Object.values(errorCatalogue).map(({ exit }) => exit))].toSorted((a, b) => a - b)).toEqual([
      1, 2, 3, 70,
    ])
  })

  test.each([
    ['done', 0],
    ['rolled-back', 4],
    ['aborted', 4],
    ['superseded', 4],
    ['moving', 5],
    ['waiting', 5],
  ] as const)('a promotion that is %s ends --wait with %i', async (phase, exit) => {
    const { exitCodeOf } = await import('../src/cli/watchPromotion.ts')
    expect(exitCodeOf({ ...promotion, phase })).toBe(exit)
  })
})

const promotion = promotionSchema.parse({
  id: 'p-7',
  service: 'pay',
  candidate: { digest: 'sha256:1', builds: { pay: { name: 'red', digest: 'sha256:1' } } },
  kind: 'deploy',
  phase: 'rolled-back',
  stage: 'canary',
  requestedBy: 'admin',
  requestedAt: '2026-11-24T10:00:00.000Z',
  stages: [
    {
      name: 'staging',
      phase: 'passed',
      startedAt: '2026-11-24T10:00:00.000Z',
      endedAt: '2026-11-24T10:00:05.000Z',
      tests: [{ name: 'unit', kind: 'suite', passed: true, ms: 10, text: '' }],
    },
  ],
  rollout: {
    id: 'r-7-2',
    environment: 'production',
    phase: 'rolled-back',
    since: '2026-11-24T10:00:06.000Z',
    plan: { steps: [], step: 0, bakeMs: 60_000, deadlineMs: 600_000, keepsPrevious: true },
    layer: 'canary',
    share: { set: 0.05, seen: 0.0487 },
    hosts: { total: 4, onNew: 0 },
    arms: { stable: { requests: 0, bad: 0 }, canary: { requests: 0, bad: 0 }, baseline: { requests: 0, bad: 0 } },
    verdict: 'fail',
  },
  holds: [{ rule: 'not-ready', on: 'r-7-2', since: '2026-11-24T10:00:05.000Z', until: null, text: 'x', help: 'y' }],
  result: {
    outcome: 'rolled-back',
    stage: 'canary',
    cause: 'analysis',
    metric: 'errors',
    text: 'z',
    canary: { requests: 454, bad: 23 },
    control: { requests: 8_590, bad: 9 },
    tolerated: 0.0018,
    at: {
      firstBad: '2026-11-24T10:00:05.000Z',
      decided: '2026-11-24T10:00:06.000Z',
      applied: '2026-11-24T10:00:06.000Z',
      lastServed: '2026-11-24T10:00:06.000Z',
    },
  },
})

describe('documents', () => {
  test('the promotion of the contract is one that the API can answer, whole', () => {
    expect(promotion.rollout?.share).toEqual({ set: 0.05, seen: 0.0487 })
    expect(promotion.result?.at).toHaveProperty('lastServed')
    expect(promotion.holds[0]?.until).toBeNull()
  })

  test('a phase that is not in the contract is none', () => {
    expect(promotionSchema.safeParse({ ...promotion, phase: 'paused' }).success).toBe(false)
  })

  test('status has hosts with build, digest, pid, start, readiness and layer, and the kept ones apart', () => {
    const host = {
      id: 'canary-1',
      build: 'red',
      digest: 'sha256:1',
      pid: 7,
      startedAt: '2026-11-24T10:00:00.000Z',
      ready: true,
      layer: 'canary',
      instance: 'x',
    }
    const status = {
      stages: [],
      environments: [
        {
          name: 'production',
          front: 'http://127.0.0.1:1',
          services: [{ name: 'pay', owner: 'shop', stable: 'blue', digest: 'sha256:2', hosts: [host], kept: [host] }],
        },
      ],
      gateways: [],
      moving: [],
    }
    expect(statusSchema.parse(status)).toEqual(status)
    const { pid: _, ...without } = host
    expect(
      statusSchema.safeParse({
        ...status,
        environments: [
          {
            ...status.environments[0],
            services: [{ name: 'pay', owner: 'shop', stable: 'blue', digest: 'x', hosts: [without], kept: [] }],
          },
        ],
      }).success,
    ).toBe(false)
  })
})

describe('API', () => {
  const promised = words(`
    GET/healthz GET/readyz GET/metrics
    GET/api/v1/builds POST/api/v1/builds GET/api/v1/promotions POST/api/v1/promotions GET/api/v1/promotions/{id}
    POST/api/v1/promotions/{id}/abort POST/api/v1/promotions/{id}/retry POST/api/v1/promotions/{id}/pass POST/api/v1/rollbacks
    GET/api/v1/promotions/{id}/series GET/api/v1/promotions/{id}/requests GET/api/v1/promotions/{id}/tests
    GET/api/v1/services/{name} GET/api/v1/environments/{name} GET/api/v1/builds/{a}/diff/{b} GET/api/v1/logs POST/api/v1/explain
    POST/api/v1/session GET/api/v1/status GET/api/v1/holds GET/api/v1/events GET/api/v1/openapi.json`)

  test('every promised route is there', () => {
    const all = Object.values<Route>(routes).flatMap((route) => pathsOf(route).map((path) => route.method + path))
    expect(promised.filter((route) => !all.includes(route))).toEqual([])
  })

  test('every promised path is in the OpenAPI document', () => {
    const { openapi, paths } = describeApi('1') as { openapi: string; paths: Record<string, Record<string, unknown>> }
    expect(openapi).toBe('3.1.0')
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => method.toUpperCase() + path.replace(/^\/api\/v1\/(healthz|readyz)$/, '/$1')),
    )
    expect(promised.filter((route) => !described.includes(route))).toEqual([])
  })

  test('every change needs the token, and nothing that is only read does on this machine', () => {
    const open = new Set(['/explain', '/session'])
    for (const route of Object.values<Route>(routes)) {
      if (route.method === 'POST' && !open.has(route.path))
        expect([route.path, route.access]).toEqual([route.path, 'change'])
      if (route.method === 'GET') expect([route.path, route.access]).not.toEqual([route.path, 'change'])
    }
  })
})

describe('commands', () => {
  const all = new Map(
    commands
      .flatMap((entry) =>
        'usage' in entry
          ? [entry]
          : entry.commands.map((inner) => ({ ...inner, usage: `${entry.name} ${inner.usage}` })),
      )
      .map((spec) => [spec.usage.replace(/ [<[].*/, ''), spec]),
  )

  test('every promised command is there', () => {
    const names = [
      'demo',
      'up',
      'down',
      'build add',
      'deploy',
      'plan',
      'promotion list',
      'promotion show',
      'promotion watch',
      'promotion abort',
      'promotion retry',
      'promotion pass',
      'promotion replay',
      'rollback',
      'status',
      'explain',
      'validate',
      'logs',
      'events',
      'login',
    ]
    expect(names.filter((name) => !all.has(name))).toEqual([])
  })

  test.each([
    ['demo', '--rate --port --ready-file --no-open --workers'],
    ['up', '--port --ready-file'],
    ['build add', '--from --command --name --commit'],
    ['deploy', '--build --from --wait --timeout --emergency --reason --incident'],
    ['plan', '--build'],
    ['rollback', '--to'],
    ['promotion pass', '--reason'],
    ['explain', '-H'],
    ['logs', '--environment --host --follow'],
    ['events', '--after --follow'],
    ['validate', '--schema --effective'],
  ])('%s takes what is promised', (name, flags) => {
    const known = (all.get(name)?.options ?? []).flatMap(([flag]) => flag.match(/(?<!\w)-{1,2}[A-Za-z-]+/g) ?? [])
    expect(flags.split(' ').filter((flag) => !known.includes(flag))).toEqual([])
  })
})

describe('what can be measured', () => {
  test('metrics of the gateway', () => {
    const promised = words(
      'cofferdam_requests_total cofferdam_request_duration_seconds cofferdam_requests_in_flight cofferdam_retries_total cofferdam_refused_total cofferdam_table_generation cofferdam_unwatched_total',
    )
    const known = gatewayMetrics().map((one) => one.name)
    expect(promised.filter((name) => !known.includes(name))).toEqual([])
    expect(known.filter((name) => !promised.includes(name)).toSorted()).toEqual(
      words(
        'cofferdam_front_requests_total cofferdam_workers cofferdam_workers_replaced_total cofferdam_certificate_expires_timestamp_seconds cofferdam_certificate_unusable cofferdam_certificate_reloads_total',
      ),
    )
  })

  test('metrics of the control plane', async () => {
    expect((await controlPlaneMetrics()).map((one) => one.name).toSorted()).toEqual(
      words(
        'cofferdam_decision_lag_seconds cofferdam_promotions cofferdam_reconcile_errors_total cofferdam_events_total',
      ),
    )
  })
})

describe('what an instance is given', () => {
  test('these variables and no others', () => {
    expect(instanceVariables().toSorted()).toEqual(
      words(
        'PATH LANG TZ HOST PORT COFFERDAM_BACK_DOOR COFFERDAM_SERVICE COFFERDAM_ENVIRONMENT COFFERDAM_BUILD COFFERDAM_HOST COFFERDAM_INSTANCE DATABASE_URL DATABASE_CACHE_URL PAGE_SIZE',
      ),
    )
  })

  test('headers by which answers are told apart', () => {
    const gateway = [...readSources(['src/gateway'])].map(([, text]) => text).join('\n')
    for (const header of ['x-cofferdam-served-by', 'x-cofferdam-refused', 'x-request-id', 'x-client-request-id'])
      expect(gateway).toContain(`'${header}'`)
  })
})
