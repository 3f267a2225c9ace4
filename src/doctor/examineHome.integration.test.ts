import { spawn } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { prepareHome } from '../store/home.ts'
import { lockHome } from '../store/lock.ts'
import { openSqliteStore } from '../store/sqlite/openSqliteStore.ts'
import { examineHome } from './examineHome.ts'
import type { Finding } from './finding.ts'

// Each examination makes a hundred durable commits, which a busy disk takes its time for.
vi.setConfig({ testTimeout: 120_000 })

let home: string
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'cofferdam-doctor-'))
  prepareHome(home)
  const store = openSqliteStore(join(home, 'state.db'))
  for (let n = 0; n < 40; n += 1)
    await store.commit({ events: [{ atMs: Date.now(), actor: 'a', kind: 'k.k', on: 'o', text: 'x'.repeat(2_000) }] })
  await store.close()
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** What is wrong, without what depends on how busy this machine is. */
async function wrong(): Promise<readonly Finding[]> {
  return (await examineHome(home)).filter(
    ({ ok, what }) => !ok && what !== 'commit latency' && !what.startsWith('wall clock'),
  )
}

test('a sound home has no finding that needs anybody, says what was looked at, and stays as it is', async () => {
  const before = readdirSync(home).toSorted()
  const findings = await examineHome(home)
  expect(await wrong()).toEqual([])
  expect([...new Set(findings.map(({ check }) => check))]).toEqual([
    'store',
    'clock',
    'disk',
    'ports',
    'descriptors',
    'versions',
    'processes',
    'access',
  ])
  expect(findings.find(({ what }) => what === 'commit latency')?.value).toMatch(
    /^p50 [\d.]+ ms, p99 [\d.]+ ms of \d+ commits$/,
  )
  for (const finding of findings) for (const text of Object.values(finding)) expect(text).not.toBe('')
  expect(readdirSync(home).toSorted()).toEqual(before)
})

test('a damaged store is found and named, with the way back', async () => {
  const file = join(home, 'state.db')
  const bytes = readFileSync(file)
  bytes.fill(0x5a, 4_096 + 200)
  writeFileSync(file, bytes)
  expect(await wrong()).toMatchObject([
    {
      check: 'store',
      what: file,
      value: expect.stringMatching(/is damaged/) as string,
      remedy: expect.stringMatching(/cofferdam restore FILE/) as string,
    },
  ])
})

test('a token that others can read, and an open home, are found', async () => {
  chmodSync(join(home, 'token'), 0o644)
  chmodSync(home, 0o755)
  expect(await wrong()).toMatchObject([
    { check: 'access', what: home, value: expect.stringContaining('0755') as string },
    { check: 'access', what: join(home, 'token'), remedy: expect.stringContaining('token rotate') as string },
  ])
})

test('a process with the cookie of the home that belongs to no instance is an orphan', async () => {
  const child = spawn('sleep', ['60'], { env: { ...process.env, COFFERDAM_INSTANCE: join(home, 'instances', 'gone') } })
  try {
    await new Promise((resolve) => child.once('spawn', resolve))
    expect(await wrong()).toMatchObject([{ check: 'processes', value: `${child.pid} (gone)` }])
  } finally {
    child.kill('SIGKILL')
  }
})

test('an instance without a process is named, and so is a control plane that should run', async () => {
  mkdirSync(join(home, 'instances', 'production-cart-1-0'), { recursive: true })
  const found = await wrong()
  expect(found).toMatchObject([
    { what: 'control plane', value: 'does not run, others of the home do' },
    { what: 'instances without a process', value: 'production-cart-1-0' },
  ])
  const lock = lockHome(home)
  expect((await wrong()).map(({ what }) => what)).toEqual(['instances without a process'])
  lock.release()
})

test('a door whose port another program took is named', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const store = openSqliteStore(join(home, 'state.db'))
  await store.commit({
    documents: [{ kind: 'doors', id: 'current', revision: 0, document: { 'production/front': port } }],
  })
  await store.close()
  expect(await wrong()).toMatchObject([
    { check: 'ports', value: `door production/front: ${port} is taken by another program` },
  ])
  await new Promise((resolve) => server.close(resolve))
  expect(await wrong()).toEqual([])
})

test('a gateway that has a folder and does not answer is found while a control plane runs', async () => {
  mkdirSync(join(home, 'gateways', 'g1'), { recursive: true })
  expect(await wrong()).toEqual([])
  const lock = lockHome(home)
  expect(await wrong()).toMatchObject([{ check: 'gateways', what: 'gateway g1', value: 'does not answer' }])
  lock.release()
})

test('an event in the future says that the clock was set back', async () => {
  const store = openSqliteStore(join(home, 'state.db'))
  await store.commit({ events: [{ atMs: Date.now() + 3_600_000, actor: 'a', kind: 'k.k', on: 'o', text: 't' }] })
  await store.close()
  expect(await wrong()).toMatchObject([{ check: 'clock', value: expect.stringMatching(/ms in the future/) as string }])
})

test('a home that is none is said to be none', async () => {
  await expect(examineHome(join(home, 'nowhere'))).rejects.toMatchObject({ code: 'unreachable' })
  symlinkSync(home, join(home, 'link'))
  await expect(examineHome(join(home, 'link'))).resolves.not.toEqual([])
})
