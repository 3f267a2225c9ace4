import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { readTable } from '../domain/routing/readTable.ts'

/** The bytes of the last durable table; undefined when there is none. */
export async function readTableFile(dir: string): Promise<Buffer | undefined> {
  try {
    return await readFile(join(dir, 'table.json'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Writes a file so that it is there whole, or not at all, after a crash at any moment. */
export async function writeDurably(dir: string, name: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dir, `${name}.tmp`)
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, join(dir, name))
  // The rename itself is durable only when the folder is.
  const folder = await open(dir, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** A table, or everything that is wrong with it. */
export function parseTable(bytes: Uint8Array): ReturnType<typeof readTable> {
  try {
    return readTable(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')))
  } catch (error) {
    return { ok: false, problems: [`not JSON: ${error instanceof Error ? error.message : String(error)}`] }
  }
}
