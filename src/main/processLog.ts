import { writeSync } from 'node:fs'

/** Writes one line, with the time, what happened, and whatever else is known. */
export type Log = (text: string, fields?: Readonly<Record<string, unknown>>) => void

/**
 * The log of a process of ours, one JSON document per line. A log that cannot be written must not end who writes it, and
 * goes on when it can be written again: a stream of Node is closed for ever by its first error.
 *
 * @param fd where it goes: stdout, a file that the supervisor opened.
 */
export function createProcessLog(fd = 1): Log {
  let lost = 0
  let isCut = false
  const write = (fields: Readonly<Record<string, unknown>>): boolean => {
    const line = Buffer.from(`${isCut ? '\n' : ''}${JSON.stringify({ at: new Date().toISOString(), ...fields })}\n`)
    try {
      const written = writeSync(fd, line)
      // A disk takes what it has room for.
      isCut = written < line.length
      return !isCut
    } catch {
      return false
    }
  }
  return (text, fields = {}) => {
    if (lost > 0 && write({ text: 'lines of this log are missing: it could not be written', lost })) lost = 0
    if (lost > 0 || !write({ text, ...fields })) lost += 1
  }
}
