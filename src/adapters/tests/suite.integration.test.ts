import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SuiteTest, TestResult } from '../../domain/test/test.ts'
import type { Builds } from '../../engine/ports.ts'
import { createTests } from './tests.ts'

let root: string
let home: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cofferdam-suite-'))
  home = join(root, 'home')
  await mkdir(join(root, 'build/sub'), { recursive: true })
})
afterEach(async () => {
  for (const pid of await strays()) process.kill(pid, 'SIGKILL')
  await rm(root, { recursive: true, force: true, maxRetries: 5 })
})

async function strays(): Promise<readonly number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    const environment = /^\d+$/.test(name) ? await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '') : ''
    if (environment.includes(`COFFERDAM_INSTANCE=${home}/`)) found.push(Number(name))
  }
  return found
}

async function run(
  program: string,
  more: Partial<SuiteTest> = {},
  signal = new AbortController().signal,
): Promise<TestResult> {
  await writeFile(join(root, 'build/suite.mjs'), program)
  await chmod(join(root, 'build/suite.mjs'), 0o444)
  const builds: Builds = {
    path: () => join(root, 'build'),
    has: async () => true,
    snapshot: () => Promise.reject(new Error('not here')),
  }
  const suite: SuiteTest = { name: 'unit', kind: 'suite', command: ['node', 'suite.mjs'], timeoutMs: 15_000, ...more }
  const context = {
    frontDoor: 'http://127.0.0.1:1',
    service: 'cart',
    environment: 'staging',
    digest: 'sha256:x',
    signal,
  }
  return createTests({ home, builds, env: { PATH: process.env['PATH'], SECRET: 'not for it' } }).run(suite, context)
}

async function nothingIsLeft(): Promise<void> {
  expect(await strays()).toEqual([])
  expect(await readdir(join(home, 'tests'))).toEqual([])
}

test('a suite passes with code 0, in a copy that it may write, with its variables and no other', async () => {
  const result = await run(`import { writeFileSync } from 'node:fs'
    writeFileSync('suite.mjs', 'changed'); writeFileSync('sub/new', '')
    const { PATH, PWD, COFFERDAM_INSTANCE, ...rest } = process.env
    console.log(JSON.stringify(Object.entries(rest).sort())); console.error('and this')`)
  expect(result).toMatchObject({
    name: 'unit',
    kind: 'suite',
    passed: true,
    text: 'suite "unit" (node suite.mjs) ended with code 0',
  })
  expect(result.output).toContain(
    '[["COFFERDAM_ENVIRONMENT","staging"],["COFFERDAM_FRONT_DOOR","http://127.0.0.1:1"],["COFFERDAM_SERVICE","cart"]]',
  )
  expect(result.output).toContain('and this')
  expect(await readdir(join(root, 'build/sub'))).toEqual([])
  await nothingIsLeft()
})

test('another code fails, and the text has it', async () => {
  const result = await run('console.log("1 of 3 failed"); process.exit(5)')
  expect(result).toMatchObject({
    passed: false,
    text: 'suite "unit" (node suite.mjs) ended with code 5; expected was 0',
  })
  expect(result.output).toContain('1 of 3 failed')
})

test('a command that does not exist fails by name', async () => {
  const result = await run('', { command: ['no-such-runner', '--all'] })
  expect(result.passed).toBe(false)
  expect(result.text).toContain('ended with code 127: "no-such-runner" was not found')
})

test('a suite that hangs is killed at its time-out, with what it said', async () => {
  const result = await run(
    'console.log("begun"); process.on("SIGTERM", () => undefined); setInterval(() => undefined, 1000)',
    { timeoutMs: 700 },
  )
  expect(result).toMatchObject({
    passed: false,
    text: 'suite "unit" (node suite.mjs) did not end within 0.7 s and was killed with all its processes',
  })
  expect(result.output).toBe('begun\n')
  await nothingIsLeft()
})

test('forks end with the suite, in its group or out of it, also when it passed', async () => {
  const result = await run(`import { spawn } from 'node:child_process'
    for (const detached of [true, false]) spawn('sleep', ['600'], { detached, stdio: 'inherit' }).unref()`)
  expect(result.passed).toBe(true)
  expect(result.ms).toBeLessThan(10_000)
  await nothingIsLeft()
})

test('of much output head and tail are kept; a flood is ended', async () => {
  const line = 'x'.repeat(1023)
  const much = await run(
    `console.log('first'); for (let i = 0; i < 3000; i++) console.log('${line}'); console.log('last')`,
  )
  expect(much.passed).toBe(true)
  expect(much.output?.length).toBeLessThan(1024 * 1024 + 100)
  expect(much.output?.startsWith('first\n')).toBe(true)
  expect(much.output).toMatch(/… \d+ bytes left out …/)
  expect(much.output?.endsWith('last\n')).toBe(true)
  const flood = await run('', { command: ['yes'] })
  expect(flood).toMatchObject({
    passed: false,
    text: expect.stringContaining('wrote more than 64 MB of output and was killed') as string,
  })
  await nothingIsLeft()
})

test('a promotion that is stopped stops its suite', async () => {
  const stop = new AbortController()
  const running = run('console.log("begun"); setInterval(() => undefined, 1000)', {}, stop.signal)
  while ((await strays()).length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
  stop.abort()
  expect(await running).toMatchObject({
    passed: false,
    text: expect.stringContaining('was stopped with its promotion') as string,
  })
  await nothingIsLeft()
  expect(await run('', {}, stop.signal)).toMatchObject({
    passed: false,
    text: 'suite "unit" was not started: its promotion was stopped',
  })
})
