import { renameSync, writeFileSync } from 'node:fs'

/** A reader sees the old content or the new, never a part. */
export function writeFileWhole(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, content, { mode: 0o600 })
  renameSync(temporary, path)
}
