import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, cp, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SuiteTest, TestResult } from '../../domain/test/test.ts'
import type { Builds, TestContext } from '../../engine/ports.ts'
import { createCappedOutput } from './cappedOutput.ts'
import type { CappedOutput } from './cappedOutput.ts'
import { killByCookie } from './cookie.ts'

const wrapper = fileURLToPath(new URL('suite.sh', import.meta.url))
const halfOutputBytes = 512 * 1024
const floodBytes = 64 * 1024 * 1024
const closeWithinMs = 1_000

export interface SuitePlace {
  readonly builds: Builds
  /** Folder for the working copies; a process of a suite carries the path of its copy as `COFFERDAM_INSTANCE`. */
  readonly folder: string
  readonly own: Readonly<Record<string, string | undefined>>
}

/** Runs a command in a copy of the snapshot, and ends every process that it leaves behind. */
export async function runSuite(test: SuiteTest, context: TestContext, place: SuitePlace): Promise<TestResult> {
  const folder = join(place.folder, `${process.pid}-${randomBytes(6).toString('hex')}`)
  const began = performance.now()
  const result = (passed: boolean, text: string, output?: string): TestResult => ({
    name: test.name,
    kind: 'suite',
    passed,
    text,
    ms: Math.round(performance.now() - began),
    ...(output === undefined ? {} : { output }),
  })
  if (context.signal.aborted) return result(false, `suite "${test.name}" was not started: its promotion was stopped`)
  try {
    const cwd = await copyTree(place.builds.path(context.digest), join(folder, 'build'))
    const output = createCappedOutput(halfOutputBytes)
    const child = start(test, context, { cwd, folder, own: place.own })
    const ended = await untilEnd(child, output, test.timeoutMs, context.signal)
    await endAll(child, folder)
    return result(ended.code === 0, sentence(test, ended), output.text())
  } catch (error) {
    return result(
      false,
      `suite "${test.name}" could not be run: ${error instanceof Error ? error.message : String(error)}`,
    )
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** A suite may write where it runs, the snapshot may not be written: files of the copy get their write bit back. */
async function copyTree(from: string, to: string): Promise<string> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await cp(from, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE })
  for (const entry of await readdir(to, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    await chmod(path, (await stat(path)).mode | 0o200)
  }
  return to
}

interface Where {
  readonly cwd: string
  readonly folder: string
  readonly own: SuitePlace['own']
}

function start(test: SuiteTest, context: TestContext, where: Where): ChildProcess {
  const kept = Object.fromEntries(
    ['LANG', 'TZ'].flatMap((name) => (where.own[name] === undefined ? [] : [[name, where.own[name]]])),
  )
  return spawn('/bin/sh', [wrapper, ...test.command], {
    cwd: where.cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: {
      ...kept,
      PATH: `${dirname(process.execPath)}:${where.own['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}`,
      COFFERDAM_FRONT_DOOR: context.frontDoor,
      COFFERDAM_SERVICE: context.service,
      COFFERDAM_ENVIRONMENT: context.environment,
      COFFERDAM_INSTANCE: where.folder,
    },
  })
}

interface Ended {
  readonly code?: number
  readonly why: 'exit' | 'timeout' | 'flood' | 'stopped' | 'refused'
  readonly detail?: string
}

function untilEnd(child: ChildProcess, output: CappedOutput, timeoutMs: number, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => end({ why: 'timeout' }), timeoutMs)
    const stopped = () => end({ why: 'stopped' })
    const end = (ended: Ended) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stopped)
      resolve(ended)
    }
    signal.addEventListener('abort', stopped, { once: true })
    if (signal.aborted) stopped()
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output.write(chunk)
        if (output.total() > floodBytes) end({ why: 'flood' })
      })
      stream?.on('error', () => undefined)
    }
    child.once('error', (error) => end({ why: 'refused', detail: error.message }))
    child.once('exit', (code, killedBy) =>
      end(code === null ? { why: 'exit', detail: `killed by ${killedBy}` } : { why: 'exit', code }),
    )
  })
}

/** The group first, then what left the group; the last output may arrive until the pipes close. */
async function endAll(child: ChildProcess, folder: string): Promise<void> {
  if (child.pid !== undefined) {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // The whole group is gone already.
    }
  }
  for (let round = 0; round < 20 && (await killByCookie(folder)) > 0; round += 1)
    await new Promise((resolve) => setTimeout(resolve, 25))
  if (child.stdout?.closed !== true || child.stderr?.closed !== true) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, closeWithinMs)
      child.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
  for (const stream of child.stdio) stream?.destroy()
}

function sentence(test: SuiteTest, ended: Ended): string {
  const what = `suite "${test.name}" (${test.command.join(' ')})`
  switch (ended.why) {
    case 'timeout':
      return `${what} did not end within ${test.timeoutMs / 1000} s and was killed with all its processes`
    case 'flood':
      return `${what} wrote more than ${floodBytes / 1024 / 1024} MB of output and was killed with all its processes`
    case 'stopped':
      return `${what} was stopped with its promotion and killed with all its processes`
    case 'refused':
      return `${what} could not be started: ${ended.detail ?? 'the system refused'}`
    case 'exit':
      break
  }
  if (ended.code === 0) return `${what} ended with code 0`
  if (ended.code === undefined) return `${what} was ${ended.detail ?? 'killed'}; expected was exit code 0`
  const hint =
    ended.code === 127
      ? `: "${test.command[0] ?? ''}" was not found`
      : ended.code === 126
        ? `: "${test.command[0] ?? ''}" is not executable`
        : ''
  return `${what} ended with code ${ended.code}${hint}; expected was 0`
}
