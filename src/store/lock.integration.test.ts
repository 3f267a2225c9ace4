import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockHome, readLockHolder } from './lock.ts'

let home: string
let children: ChildProcess[]

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cofferdam-lock-'))
  children = []
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(home, { recursive: true })
})

const script = `
  import { lockHome } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))}
  process.stdin.once('data', () => {
    try { lockHome(process.argv[1]); console.log('locked') } catch (error) { console.log(error.code + ' ' + error.message) }
  })
  console.log('up')
`

test('a second holder is refused with the pid of the first; a released home is free', () => {
  const lock = lockHome(home)
  expect(readFileSync(join(home, 'lock'), 'utf8').split('\n')[0]).toBe(String(process.pid))
  expect(() => lockHome(home)).toThrow(
    expect.objectContaining({ code: 'home-locked', message: expect.stringContaining(`pid ${process.pid}`) }),
  )
  expect(readLockHolder(home)).toBe(process.pid)
  lock.release()
  expect(readLockHolder(home)).toBeUndefined()
  lockHome(home).release()
})

test('another living process holds it; after kill -9 it is taken over', async () => {
  const [child] = await start(1)
  expect(await ask(child)).toBe('locked')
  expect(() => lockHome(home)).toThrow(
    expect.objectContaining({ code: 'home-locked', message: expect.stringContaining(`pid ${child?.pid}`) }),
  )
  child?.kill('SIGKILL')
  if (child !== undefined) await once(child, 'exit')
  lockHome(home).release()
})

test('a pid that is used again by another process is not the holder', () => {
  writeFileSync(join(home, 'lock'), `${process.ppid}\n1\n`)
  lockHome(home).release()
})

test('of many that find a stale lock at once, one takes it over', async () => {
  writeFileSync(join(home, 'lock'), `${process.ppid}\n1\n`)
  const all = await start(6)
  const answers = await Promise.all(all.map((child) => ask(child)))
  expect(answers.filter((answer) => answer === 'locked')).toHaveLength(1)
  expect(answers.filter((answer) => answer.startsWith('home-locked'))).toHaveLength(5)
})

test('who finds the guard taken looks at the lock only after it is free', async () => {
  const [child] = await start(1)
  const guard = new DatabaseSync(join(home, 'lock.guard'))
  guard.exec('begin exclusive')
  const answer = ask(child)
  const fds = `/proc/${child?.pid}/fd`
  await expect
    .poll(() => readdirSync(fds).some((fd) => tryReadlink(`${fds}/${fd}`).endsWith('lock.guard')), {
      interval: 1,
      timeout: 10_000,
    })
    .toBe(true)
  writeFileSync(
    join(home, 'lock'),
    readFileSync(`/proc/${process.pid}/stat`, 'utf8').replace(
      /^(\d+) .*\) (.*)$/s,
      (_, pid: string, rest: string) => `${pid}\n${rest.split(' ')[19]}\n`,
    ),
  )
  guard.close()
  expect(await answer).toContain(`pid ${process.pid}`)
})

function tryReadlink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

async function start(count: number): Promise<readonly ChildProcess[]> {
  const started = Array.from({ length: count }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script, home], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  children.push(...started)
  await Promise.all(started.map(readLine))
  return started
}

function ask(child: ChildProcess | undefined): Promise<string> {
  if (child === undefined) throw new Error('no child')
  const answer = readLine(child)
  child.stdin?.write('go\n')
  return answer
}

async function readLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output')
  const lines = createInterface({ input: child.stdout })
  const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(10_000) })
  lines.close()
  return String(line)
}
