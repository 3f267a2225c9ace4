import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCli } from './runCli.ts'

const digest = `sha256:${'ab'.repeat(32)}`

interface Asked {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly headers: IncomingMessage['headers']
}

type Answer = { readonly status?: number; readonly body: unknown } | 'cut'

let server: Server
let url: string
let asked: Asked[]
/** What was sent to apply the configuration. */
let applied: unknown[]
let answers: Map<string, Answer[]>
let folder: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cofferdam-cli-'))
  asked = []
  applied = []
  answers = new Map([['POST /organisation', [{ body: { revision: '1', changed: false } }]]])
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const path = (request.url ?? '').replace('/api/v1', '')
      const one = {
        method: request.method ?? '',
        path,
        body: chunks.length === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString()) as unknown),
        headers: request.headers,
      }
      if (path === '/organisation') applied.push(one.body)
      else asked.push(one)
      const left = answers.get(`${request.method} ${path}`) ?? []
      const answer = (left.length > 1 ? left.shift() : left[0]) ?? {
        status: 404,
        body: { code: 'usage', status: 404, detail: `nothing at ${path}`, help: '' },
      }
      if (answer === 'cut') request.socket.resetAndDestroy()
      else
        response
          .writeHead(answer.status ?? 200, { 'content-type': 'application/json' })
          .end(JSON.stringify(answer.body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

const on = (request: string, ...given: Answer[]): void => void answers.set(request, given)

interface Ran {
  readonly exit: number
  readonly out: string
  readonly err: string
}

async function run(
  line: string,
  more: { readonly isTty?: boolean; readonly env?: Record<string, string> } = {},
): Promise<Ran> {
  let [out, err] = ['', '']
  const exit = await runCli(line.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", '')) ?? [], {
    env: { COFFERDAM_URL: url, COFFERDAM_TOKEN: 'secret-token', ...more.env },
    cwd: folder,
    isTty: more.isTty ?? false,
    columns: 100,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  })
  return { exit, out, err }
}

/** Exactly one JSON document, and nothing else. */
function parseOne(out: string): Record<string, unknown> {
  expect(out.trim().split('\n')).toHaveLength(1)
  return JSON.parse(out) as Record<string, unknown>
}

function promotion(phase: string, more: Record<string, unknown> = {}): { body: Record<string, unknown> } {
  return {
    body: {
      id: 'p-1',
      service: 'cart',
      candidate: { digest, builds: { cart: { name: 'one', digest } } },
      kind: 'deploy',
      phase,
      stage: 'canary',
      requestedBy: 'admin',
      requestedAt: '2026-01-01T00:00:00.000Z',
      stages: [
        { name: 'staging', phase: 'passed', tests: [] },
        { name: 'canary', phase: 'running', tests: [] },
      ],
      holds: [],
      ...more,
    },
  }
}

const done = promotion('done', {
  result: { outcome: 'done', stage: 'production', text: 'arrived on 4 of 4 hosts', at: {} },
})
const back = promotion('rolled-back', {
  result: {
    outcome: 'rolled-back',
    stage: 'canary',
    cause: 'analysis',
    text: 'rolled back after 454 canary requests',
    at: {},
  },
})
const held = {
  status: 409,
  body: {
    status: 409,
    code: 'held',
    detail: 'p-0 is under way',
    help: 'wait',
    holds: [
      {
        rule: 'service-busy',
        on: 'p-0',
        since: '2026-01-01T00:00:00.000Z',
        until: null,
        text: 'p-0 is under way since 12:00',
        help: 'wait for p-0',
      },
    ],
  },
}

describe('exit codes of deploy', () => {
  test.each([
    ['done', 0, done],
    ['rolled-back', 4, back],
    ['aborted', 4, promotion('aborted')],
    ['superseded', 4, promotion('superseded')],
  ])('--wait until %s is %i', async (phase, exit, end) => {
    on('POST /promotions', promotion('waiting'))
    on('GET /promotions/p-1', promotion('moving'), end)
    const ran = await run('deploy cart --build one --wait --json')
    expect(ran.exit).toBe(exit)
    expect(parseOne(ran.out)['phase']).toBe(phase)
    expect(ran.err).toBe('')
  })

  test('time over is 5, and says that the work goes on', async () => {
    on('POST /promotions', promotion('waiting'))
    on('GET /promotions/p-1', promotion('moving'))
    const ran = await run('deploy cart --build one --wait --timeout 50ms')
    expect(ran.exit).toBe(5)
    expect(ran.out).toContain('p-1 goes on')
    expect(parseOne((await run('deploy cart --build one --wait --timeout 50ms --json')).out)['phase']).toBe('moving')
  })

  test('without --wait a promotion that began is 0', async () => {
    on('POST /promotions', promotion('waiting'))
    expect(await run('deploy cart --build one')).toMatchObject({
      exit: 0,
      out: expect.stringContaining(`${url}/api/v1/promotions/p-1`),
    })
    expect(asked).toMatchObject([
      { body: { service: 'cart', build: 'one' }, headers: { authorization: 'Bearer secret-token' } },
    ])
  })

  test('refused is 1, with holds', async () => {
    on('POST /promotions', held)
    expect(await run('deploy cart --build one --wait')).toMatchObject({
      exit: 1,
      out: '',
      err: expect.stringMatching(/p-0 is under way since 12:00 \(service-busy on p-0.*\n.*wait for p-0/),
    })
    const json = await run('deploy cart --build one --wait --json')
    expect(json.exit).toBe(1)
    expect(parseOne(json.out)).toMatchObject({ code: 'held', holds: [{ rule: 'service-busy' }] })
  })

  test('what runs already is 0', async () => {
    on('POST /promotions', {
      body: { already: true, service: 'cart', build: { name: 'one', digest }, text: 'cart one runs already' },
    })
    const ran = await run('deploy cart --build one --wait --json')
    expect(ran.exit).toBe(0)
    expect(parseOne(ran.out)).toMatchObject({ already: true })
  })

  test('an emergency carries its reason and incident', async () => {
    on('POST /promotions', promotion('moving'))
    expect((await run("deploy cart --build one --emergency --reason 'nobody can pay' --incident INC-7")).exit).toBe(0)
    expect(asked[0]?.body).toEqual({
      service: 'cart',
      build: 'one',
      emergency: { reason: 'nobody can pay', incident: 'INC-7' },
    })
  })
})

describe('the configuration file', () => {
  test('is applied before a deploy', async () => {
    on('POST /promotions', done)
    expect((await run('deploy cart --build one')).exit).toBe(0)
    expect(applied).toEqual([{}])
  })

  test('with mistakes keeps a deploy from beginning, and each is told', async () => {
    const problems = [{ text: 'environments.production.hosts is "many"' }, { text: 'services.crat is not there' }]
    on('POST /organisation', {
      status: 422,
      body: { status: 422, code: 'invalid-config', detail: 'f.yaml has 2 problems', help: 'validate', problems },
    })
    on('POST /promotions', done)
    const { exit, err } = await run('deploy cart --build one')
    expect(exit).toBe(2)
    for (const { text } of problems) expect(err).toContain(text)
    expect(asked).toEqual([])
  })

  test('keeps no emergency waiting', async () => {
    on('POST /promotions', done)
    expect((await run('deploy cart --build one --emergency --reason why --incident I-1')).exit).toBe(0)
    expect(applied).toEqual([])
  })
})

describe('a folder', () => {
  test('the working folder of the service is snapshotted, then deployed', async () => {
    on('GET /services/cart', { body: { name: 'cart', from: '/srv/cart' } })
    on('POST /builds', { status: 201, body: { digest, name: 'snap', service: 'cart' } })
    on('POST /promotions', promotion('waiting'))
    const ran = await run('deploy cart')
    expect(ran.exit).toBe(0)
    expect(ran.out).toContain(digest)
    expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['GET', '/services/cart', undefined],
      ['POST', '/builds', { service: 'cart', from: '/srv/cart' }],
      ['POST', '/promotions', { service: 'cart', build: digest }],
    ])
  })

  test('--from is made absolute against where the caller stands', async () => {
    on('POST /builds', { status: 201, body: { digest, name: 'n', service: 'cart' } })
    const ran = await run("build add cart --from sub --name n --command 'node main.ts' --json")
    expect(parseOne(ran.out)).toEqual({ digest, name: 'n', service: 'cart' })
    expect(asked[0]?.body).toEqual({ service: 'cart', from: join(folder, 'sub'), name: 'n', command: 'node main.ts' })
  })
})

describe('going back', () => {
  test('rollback waits until it is back, and that is 0', async () => {
    on('POST /rollbacks', promotion('rolling-back'))
    on('GET /promotions/p-1', promotion('rolling-back'), back)
    const ran = await run('rollback cart --to zwei --json')
    expect(ran.exit).toBe(0)
    expect(parseOne(ran.out)['phase']).toBe('rolled-back')
    expect(asked[0]?.body).toEqual({ service: 'cart', to: 'zwei' })
  })

  test('abort as well; --no-wait returns at once', async () => {
    on('POST /promotions/p-1/abort', promotion('rolling-back'))
    on('GET /promotions/p-1', back)
    expect((await run('promotion abort p-1 --reason why --json')).exit).toBe(0)
    expect(asked).toHaveLength(2)
    expect(parseOne((await run('promotion abort p-1 --no-wait --json')).out)['phase']).toBe('rolling-back')
    expect(asked).toHaveLength(3)
  })
})

describe('usage is 2', () => {
  test.each([
    ['sttus', /unknown command 'sttus'.*Did you mean status/],
    ['promotion shwo p-1', /unknown command 'shwo'.*Did you mean show/],
    ['deploy cart --biuld one', /unknown option '--biuld'.*Did you mean --build/],
    ['deploy', /missing required argument 'service'/],
    ['status extra', /too many arguments/],
    ['plan cart', /needs --build/],
    ['promotion pass p-1', /needs --reason/],
    ['deploy cart --build a --from b', /both say what to deploy/],
    ['deploy cart --build a --emergency', /needs --reason and --incident/],
    ['deploy cart --build a --reason r', /belong to --emergency/],
    ['deploy cart --build a --wait --timeout soon', /--timeout is "soon"/],
    ['explain GET / -H nonsense', /-H is "nonsense"/],
    ['events --after -1', /--after is "-1"/],
    ['demo --rate lots', /--rate is "lots"/],
    ['status --url ftp://x', /ftp:\/\/x/],
  ])('%s', async (line, message) => {
    on('POST /promotions', promotion('waiting'))
    const text = await run(line)
    expect(text.exit).toBe(2)
    expect(text.out).toBe('')
    expect(text.err.replaceAll('\n', ' ')).toMatch(message)
    const json = await run(`${line} --json`)
    expect(json.exit).toBe(2)
    expect(parseOne(json.out)).toMatchObject({
      code: 'usage',
      detail: expect.stringMatching(message),
      help: expect.any(String),
    })
    expect(json.err).toBe('')
  })

  test.each(['--json', '--json promotion', 'promotion --json'])('no command, asked as `%s`', async (line) => {
    const { exit, out, err } = await run(line)
    expect({ exit, err }).toEqual({ exit: 2, err: '' })
    expect(parseOne(out)).toMatchObject({ code: 'usage', detail: 'no command was given' })
  })

  test('an unknown service, as the API says it', async () => {
    on('GET /services/crat', {
      status: 404,
      body: { status: 404, code: 'unknown-service', detail: 'there is no service "crat"', help: 'look' },
    })
    expect(await run('deploy crat')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('there is no service "crat"'),
    })
  })
})

test.each([
  '--json --url URL status',
  'status --url URL --json',
  '--url URL --json promotion show p-1',
  'promotion --json show p-1 --url URL',
])('what every command takes may stand before it, too: `%s`', async (line) => {
  on('GET /status', { body: { environments: [] } })
  on('GET /promotions/p-1', promotion('done'))
  const { exit, out } = await run(line.replace('URL', url), { env: { COFFERDAM_URL: 'http://127.0.0.1:1' } })
  expect(exit).toBe(0)
  expect(parseOne(out)).toBeDefined()
})

test.each(['help --json', 'deploy --help --json', '--json help promotion'])('`%s` is one document', async (line) => {
  const { exit, out, err } = await run(line)
  expect({ exit, err }).toEqual({ exit: 0, err: '' })
  expect(parseOne(out)).toMatchObject({ help: expect.stringContaining('Usage: cofferdam') })
})

describe('what cannot be reached is 3', () => {
  test('nobody listens', async () => {
    const ran = await run('status --json --url http://127.0.0.1:1')
    expect(ran.exit).toBe(3)
    expect(parseOne(ran.out)).toMatchObject({
      code: 'unreachable',
      detail: expect.stringContaining('127.0.0.1:1'),
      help: expect.stringContaining('cofferdam up'),
    })
  })

  test('a change that nobody listens to is not waited for', async () => {
    const startedMs = performance.now()
    expect((await run('rollback cart --url http://127.0.0.1:1')).exit).toBe(3)
    expect(performance.now() - startedMs).toBeLessThan(5_000)
  })

  test('a home in which nothing ran', async () => {
    expect(
      await run('status --home nowhere', { env: { COFFERDAM_URL: undefined as unknown as string } }),
    ).toMatchObject({ exit: 3, err: expect.stringContaining(join(folder, 'nowhere')) })
  })

  test('a wrong token', async () => {
    on('GET /status', {
      status: 401,
      body: { status: 401, code: 'unauthorized', detail: 'the token is not the one of this home', help: 'give it' },
    })
    expect((await run('status')).exit).toBe(3)
  })
})

test('a bug of the API is 70', async () => {
  on('GET /status', { status: 500, body: { status: 500, code: 'bug', detail: 'it failed', help: 'report it' } })
  expect((await run('status')).exit).toBe(70)
})

describe('finding the API', () => {
  test('a home says where it is and has the token', async () => {
    writeFileSync(join(folder, 'api.json'), JSON.stringify({ api: url, pid: 1 }))
    writeFileSync(join(folder, 'token'), 'of-the-home\n')
    on('GET /holds', { body: { holds: [] } })
    const env = { COFFERDAM_URL: undefined as unknown as string, COFFERDAM_TOKEN: undefined as unknown as string }
    expect(await run('holds --home .', { env })).toMatchObject({ exit: 0, out: 'Nothing is held.\n' })
    expect((await run('holds', { env: { ...env, COFFERDAM_HOME: folder } })).exit).toBe(0)
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer of-the-home', 'Bearer of-the-home'])
  })
})

describe('a control plane that dies meanwhile', () => {
  test('a change whose answer was cut off is sent again under its key', async () => {
    on('POST /promotions', 'cut', 'cut', promotion('waiting'))
    expect((await run('deploy cart --build one')).exit).toBe(0)
    expect(asked).toHaveLength(3)
    expect(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
  })

  test('two changes have two keys', async () => {
    on('POST /promotions', promotion('waiting'))
    await run('deploy cart --build one')
    await run('deploy cart --build one')
    expect(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(2)
  })

  test('waiting goes on when it is back', async () => {
    on('POST /promotions', promotion('waiting'))
    on('GET /promotions/p-1', promotion('moving'), 'cut', 'cut', done)
    expect((await run('deploy cart --build one --wait --json')).exit).toBe(0)
  })
})

describe('progress', () => {
  beforeEach(() => {
    on('POST /promotions', promotion('waiting'))
    on('GET /promotions/p-1', promotion('moving'), promotion('moving'), done)
  })

  test('off a TTY a line when something changed, then the sentence and the address', async () => {
    const { out } = await run('deploy cart --build one --wait')
    expect(out.split('\n')).toEqual([
      'p-1 cart · canary',
      'p-1 cart · done (canary)',
      'p-1: arrived on 4 of 4 hosts',
      `${url}/api/v1/promotions/p-1`,
      '',
    ])
  })

  test('on a TTY one line that is rewritten and gone in the end', async () => {
    const { out } = await run('deploy cart --build one --wait', { isTty: true })
    const shown = out.split('\r\u001b[K')
    expect(shown.slice(1, -1).map((line) => line.includes('\n'))).toEqual([false, false, false])
    expect(shown.at(-1)).toBe(`p-1: arrived on 4 of 4 hosts\n${url}/api/v1/promotions/p-1\n`)
  })

  test('watch --json is one document a line', async () => {
    const { exit, out } = await run('promotion watch p-1 --json')
    expect(exit).toBe(0)
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { phase: string }).phase),
    ).toEqual(['moving', 'done'])
  })
})

describe('help', () => {
  test.each([
    'help',
    '--help',
    'deploy --help',
    'promotion --help',
    'help build',
    'promotion pass --help',
  ])('%s is 0 and on stdout', async (line) => {
    expect(await run(line)).toMatchObject({ exit: 0, out: expect.stringContaining('Usage: cofferdam'), err: '' })
  })

  test('every command has examples', async () => {
    const { commands } = await import('./commandTable.ts')
    const all = commands.flatMap((entry) =>
      'usage' in entry ? [entry.usage] : entry.commands.map((spec) => `${entry.name} ${spec.usage}`),
    )
    for (const usage of all) {
      const line = usage.replaceAll(/ [<[].*$/g, '')
      expect((await run(`${line} --help`)).out).toMatch(/Examples:\n {2}cofferdam /)
    }
  })

  test('no command is wrong usage, answered with help', async () => {
    expect(await run('')).toMatchObject({ exit: 2, out: '', err: expect.stringContaining('Usage: cofferdam') })
  })
})

test('the entry prints the version and knows no command by heart', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--version'])
  let out = ''
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  const exit = await new Promise((resolve) => child.once('exit', resolve))
  expect([exit, out]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)])
})
