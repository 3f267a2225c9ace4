import { writeFileWhole } from './writeFileWhole.ts'

/** A file that says what is so now. */
export interface KeptFile {
  /** To be called after each change. */
  readonly write: () => void
  /** It is not written any more. */
  readonly stop: () => void
}

export interface KeptFileOptions {
  readonly path: string
  readonly content: () => string
  /** Told once of each stretch of time in which it could not be written. */
  readonly say: (text: string) => void
  readonly retryMs?: number
}

/**
 * Keeps a file up to date. Whoever keeps processes running must outlive a full disk: what cannot be written is
 * tried again until it can, and nothing is thrown.
 */
export function createKeptFile({ path, content, say, retryMs = 1_000 }: KeptFileOptions): KeptFile {
  let timer: NodeJS.Timeout | undefined
  let isBehind = false
  const write = () => {
    clearTimeout(timer)
    timer = undefined
    try {
      writeFileWhole(path, content())
      isBehind = false
    } catch (error) {
      if (!isBehind) say(`${path} cannot be written: ${describe(error)}; it is tried again every ${retryMs / 1_000} s`)
      isBehind = true
      timer = setTimeout(write, retryMs)
      timer.unref()
    }
  }
  return { write, stop: () => clearTimeout(timer) }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
