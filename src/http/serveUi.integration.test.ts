import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createApi, type Api } from './createApi.ts'
import { createFakeEngine } from './fakeEngine.fixture.ts'

let folder: string
let api: Api | undefined
const page = '<!doctype html><title>Cofferdam</title>'

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cofferdam-ui-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), page)
  writeFileSync(join(folder, 'theme.js'), '// theme')
  writeFileSync(join(folder, 'assets', 'index-abc123.js'), '// app')
  writeFileSync(join(folder, 'secret.txt'), 'no')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => api?.close())

async function open(ui: string | undefined): Promise<string> {
  api = createApi({
    engine: createFakeEngine().engine,
    token: () => 'f'.repeat(64),
    store: { recall: async () => undefined, remember: async () => undefined },
    clock: { now: () => Date.now() },
    address: { host: '127.0.0.1', port: 0 },
    metrics: async () => '',
    readConfig: async () => ({ ok: false, problems: [] }),
    diff: async () => ({ files: [], truncated: false }),
    about: { version: '1.2.3', home: '/srv/home', options: ['--home', '/srv/home'], demo: false },
    onBug: () => undefined,
    ...(ui === undefined ? {} : { ui }),
  })
  return (await api.listen()).url
}
const html = { headers: { accept: 'text/html' } }

test('the page is served at the root and for each screen, never kept, and lets nothing foreign run', async () => {
  const url = await open(folder)
  for (const path of [
    '/',
    '/promotions/p-7',
    '/services/cart',
    '/environments',
    '/environments/staging',
    '/activity',
  ]) {
    const answer = await fetch(url + path, html)
    expect([path, answer.status, await answer.text()]).toEqual([path, 200, page])
    expect(answer.headers.get('cache-control')).toBe('no-cache')
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
  }
})

test('files with a hash in their name are kept for ever, others are asked for again', async () => {
  const url = await open(folder)
  const asset = await fetch(`${url}/assets/index-abc123.js`)
  expect([asset.status, asset.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8'])
  expect(asset.headers.get('cache-control')).toContain('immutable')
  // Read to its end: an answer under way holds the server's end up.
  await asset.text()
  const theme = await fetch(`${url}/theme.js`)
  expect(theme.headers.get('cache-control')).toBe('no-cache')
  await theme.text()
})

test.each([
  '/assets/missing-1.js',
  '/assets/../secret.txt',
  '/assets/%2e%2e/secret.txt',
  '/assets/..%2fsecret.txt',
  '/secret.txt',
  '/nowhere',
  '/api/v1/nowhere',
])('%s is a 404 as of the API, also for a browser', async (path) => {
  const answer = await fetch((await open(folder)) + path, html)
  expect(answer.status).toBe(404)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
})

test('a script that asks for the address of a screen is told that there is no document', async () => {
  const url = await open(folder)
  expect((await fetch(`${url}/promotions/p-7`, { headers: { accept: 'application/json' } })).status).toBe(404)
})

test.each([undefined, '/nowhere/at/all'])('without a build (%s) the root says so, and what helps', async (ui) => {
  const url = await open(ui)
  const answer = await fetch(url, html)
  expect(answer.status).toBe(503)
  expect(await answer.text()).toContain('npm run build:ui')
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
})
