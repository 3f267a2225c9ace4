import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** What a control plane that answers writes into its home. */
interface ApiFile {
  readonly api?: string
  readonly pid?: number
  /** The run of the supervisor for which the configuration was applied. */
  readonly run?: string
}

function readApiFile(path: string): ApiFile {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ApiFile
  } catch {
    // Nobody wrote one.
    return {}
  }
}

/** The run that `api.json` names, if any. */
export function readRun(path: string): string | undefined {
  return readApiFile(path).run
}

/** Removes the address of an API that has ended; that of another run stays. */
export function forgetApi(home: string, api: string): void {
  const path = join(home, 'api.json')
  if (readApiFile(path).api === api) rmSync(path, { force: true })
}
