import { renameSync, rmSync, writeFileSync } from 'node:fs'

/** A reader sees the old content or the new, never a part. @throws when it cannot be written; then nothing is left of it. */
export function writeFileWhole(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, content, { mode: 0o600 })
    renameSync(temporary, path)
  } catch (error) {
    try {
      rmSync(temporary, { force: true })
    } catch {
      // What keeps it from being written keeps it from being removed.
    }
    throw error
  }
}
