import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { root } from '../sourceFiles.ts'

export interface Demo {
  readonly home: string
  /** Address of the UI. */
  readonly ui: string
  /** A one-time link for a browser. */
  readonly login: () => Promise<string>
  /** Runs a command of the CLI against it; gives what it printed. */
  readonly run: (...args: readonly string[]) => Promise<string>
  /** The process of the control plane, as it is now. */
  readonly controlPlane: () => number
  readonly end: () => Promise<void>
}

const startWithinMs = 180_000
const pollMs = 250
const launcher = join(root, 'cofferdam')

/** Starts the demo as a person would, in a home of its own. */
export async function startDemo(visitsPerSecond: number): Promise<Demo> {
  const home = mkdtempSync(join(tmpdir(), 'cofferdam-e2e-'))
  const readyFile = join(home, 'ready.json')
  const args = ['demo', '--rate', String(visitsPerSecond), '--home', home, '--ready-file', readyFile, '--no-open']
  const child = spawn(launcher, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = once(child, 'exit')
  const end = async (): Promise<void> => {
    child.kill('SIGINT')
    await exited
    rmSync(home, { recursive: true, force: true })
  }
  for (let waited = 0; !existsSync(readyFile); waited += pollMs) {
    if (child.exitCode !== null) throw new Error(`the demo ended with code ${child.exitCode} before it was ready`)
    if (waited > startWithinMs) {
      await end()
      throw new Error(`the demo was not ready within ${startWithinMs / 1_000} s`)
    }
    await sleep(pollMs)
  }
  const { ui } = JSON.parse(readFileSync(readyFile, 'utf8')) as { ui: string }
  const run = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(launcher, [...words, '--home', home])
    return stdout
  }
  const login = async (): Promise<string> => (JSON.parse(await run('login', '--json')) as { url: string }).url
  const controlPlane = (): number =>
    (JSON.parse(readFileSync(readyFile, 'utf8')) as { controlPlane: { pid: number } }).controlPlane.pid
  return { home, ui, login, run, controlPlane, end }
}
