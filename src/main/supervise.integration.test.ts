import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isAlive, superviseChild, type Child } from './supervise.ts'

let folder: string
let child: Child | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cofferdam-supervise-'))
})
afterEach(async () => {
  await child?.stop(1_000)
  rmSync(folder, { recursive: true, force: true })
})

const source = "console.log('here'); setInterval(() => undefined, 1_000)"

function supervise(log: string): Child {
  child = superviseChild({ name: 'child', args: ['-e', source], log, restart: true }, undefined, () => undefined)
  return child
}

const until = (holds: () => boolean) => vi.waitUntil(holds, { timeout: 20_000 })

test('a child writes its log, and is started again when it dies', async () => {
  const log = join(folder, 'log')
  const { pid } = supervise(log)
  await until(() => readFileSync(log, 'utf8') === 'here\n')
  const first = pid() ?? 0
  process.kill(first, 'SIGKILL')
  await until(() => pid() !== undefined && pid() !== first)
  await until(() => readFileSync(log, 'utf8') === 'here\nhere\n')
})

test('a log that cannot be opened keeps nothing from running, also not from being started again', async () => {
  const log = join(folder, 'missing', 'log')
  const { pid } = supervise(log)
  const first = pid() ?? 0
  expect(isAlive(first)).toBe(true)
  // Its next start finds the folder.
  mkdirSync(join(folder, 'missing'))
  process.kill(first, 'SIGKILL')
  await until(() => pid() !== undefined && pid() !== first)
  await until(() => readFileSync(log, 'utf8') === 'here\n')
})
