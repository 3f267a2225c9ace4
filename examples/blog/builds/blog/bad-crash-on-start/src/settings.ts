import { readFileSync } from 'node:fs'

export interface Settings {
  /** Posts on a page, 1 to 100. */
  readonly pageSize: number
  /** With `PREVIEW=on` drafts are shown too. */
  readonly preview?: string
}

/** Reads `PAGE_SIZE` (required) and `PREVIEW` (optional); throws with what is allowed. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const given = environment['PAGE_SIZE']
  const pageSize = Number(given)
  if (given === undefined || !Number.isInteger(pageSize) || pageSize < 1 || pageSize > 100) {
    throw new Error(`PAGE_SIZE is ${given ?? 'not set'}; allowed is a whole number from 1 to 100`)
  }
  readFileSync(new URL('../page-sizes.json', import.meta.url), 'utf8')
  const preview = environment['PREVIEW']
  return preview === undefined ? { pageSize } : { pageSize, preview }
}
