import { spawn } from 'node:child_process'
import { join } from 'node:path'

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** The one JSON document on stdout, if it is one. */
  readonly json: unknown
  readonly startedAtMs: number
  readonly endedAtMs: number
}

export interface Cli {
  readonly clone: string
  readonly home: string
}

/** What a fresh shell has, and nothing of ours. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, TMPDIR } = process.env
  // The scripts' own Node comes from a folder of modules; a user's shell has only the system's.
  const path = (PATH ?? '')
    .split(':')
    .filter((part) => !part.includes('node_modules'))
    .join(':')
  return {
    PATH: path,
    ...(HOME === undefined ? {} : { HOME }),
    ...(LANG === undefined ? {} : { LANG }),
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
  }
}

/** Runs `./cofferdam ARGS --json` against a home and waits for its end, at most `withinMs`. */
export function runCli({ clone, home }: Cli, args: readonly string[], withinMs = 600_000): Promise<CliResult> {
  return runIn(clone, clone, [...args, '--home', home, '--json'], withinMs)
}

/** Runs `./cofferdam ARGS` as it is, in any folder. */
export function runIn(
  clone: string,
  cwd: string,
  args: readonly string[],
  withinMs = 600_000,
  env = plainEnvironment(),
): Promise<CliResult> {
  const startedAtMs = Date.now()
  const child = spawn(join(clone, 'cofferdam'), args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, stdout, stderr, json: parse(stdout), startedAtMs, endedAtMs: Date.now() })
    })
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
