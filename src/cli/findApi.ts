import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CofferdamError } from '../domain/errors.ts'
import type { Terminal } from './command.ts'

export interface ApiAddress {
  /** Without a slash at its end. */
  readonly url: string
  readonly token?: string
}

/** Absolute path of the home: `--home`, `$COFFERDAM_HOME`, `./.cofferdam`. */
export function findHome(option: string | undefined, { env, cwd }: Pick<Terminal, 'env' | 'cwd'>): string {
  return resolve(cwd, option ?? env['COFFERDAM_HOME'] ?? '.cofferdam')
}

/**
 * Where the API is: `--url`, `$COFFERDAM_URL`, or what the control plane of the home wrote down.
 *
 * @throws `unreachable` when nothing says where; `usage` for what is no address.
 */
export function findApi(option: string | undefined, home: string, { env }: Pick<Terminal, 'env'>): ApiAddress {
  const url = checkUrl(option ?? env['COFFERDAM_URL'] ?? readApiFile(home))
  const token = env['COFFERDAM_TOKEN'] ?? tryRead(join(home, 'token'))?.trim()
  return token === undefined || token === '' ? { url } : { url, token }
}

function readApiFile(home: string): string {
  const path = join(home, 'api.json')
  const text = tryRead(path)
  if (text === undefined)
    throw new CofferdamError('unreachable', `no control plane has run in the home ${home}: there is no ${path}`)
  try {
    const { api } = JSON.parse(text) as { api: unknown }
    if (typeof api === 'string') return api
  } catch (error) {
    throw new CofferdamError('unreachable', `${path} is not the file that a control plane writes`, { cause: error })
  }
  throw new CofferdamError('unreachable', `${path} does not say where the API is`)
}

function checkUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text)) {
    throw new CofferdamError(
      'usage',
      `the address of the API is ${JSON.stringify(text)}; allowed is a URL such as http://127.0.0.1:7070`,
    )
  }
  return text.replace(/\/+$/, '')
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
