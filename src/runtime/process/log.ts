import { copyFile, mkdir, open, readdir, rename, stat, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const rotateAtBytes = 10 * 1024 * 1024
const kept = 3
const tailBytes = 4 * 1024 * 1024
const keptOfRemoved = 200
/** Of the log of a removed instance; together at most 200 MB. */
const removedBytes = 1024 * 1024

/**
 * Copies a log over 10 MB to `log.1` and truncates it; `log.1` … `log.3` are kept. The writer appends and never notices.
 * Of a flood only the last 10 MB are copied.
 */
export async function rotateLog(folder: string): Promise<void> {
  const log = join(folder, 'log')
  const bytes = await sizeOf(log)
  if (bytes < rotateAtBytes) return
  for (let n = kept - 1; n >= 1; n -= 1) await rename(`${log}.${n}`, `${log}.${n + 1}`).catch(() => undefined)
  if (bytes <= 2 * rotateAtBytes) await copyFile(log, `${log}.1`)
  else await writeFile(`${log}.1`, await readTail(log, rotateAtBytes))
  await truncate(log, 0)
}

/** The last lines of a log, oldest first; at most 10,000 lines and 4 MB. */
export async function tailLog(log: string, lines: number): Promise<readonly string[]> {
  const wanted = Math.min(10_000, Math.max(0, Math.floor(lines)))
  if (wanted === 0) return []
  const found = linesOf(await readTail(log, tailBytes))
  if (found.length >= wanted) return found.slice(-wanted)
  return [...linesOf(await readTail(`${log}.1`, tailBytes)), ...found].slice(-wanted)
}

/** Where the log of a removed instance is, if it is one of those that are kept. */
export function removedLog(home: string, id: string): string {
  return join(home, 'logs', 'removed', `${id}.log`)
}

/** Keeps the end of the log of a removed instance: 1 MB of each, and of those only the 200 newest. */
export async function keepRemovedLog(home: string, folder: string, id: string): Promise<void> {
  const logs = join(home, 'logs', 'removed')
  await mkdir(logs, { recursive: true, mode: 0o700 })
  const log = join(folder, 'log')
  if ((await sizeOf(log)) > removedBytes) await writeFile(removedLog(home, id), await readTail(log, removedBytes))
  else await rename(log, removedLog(home, id)).catch(() => undefined)
  const names = (await readdir(logs)).filter((name) => name.endsWith('.log'))
  if (names.length <= keptOfRemoved) return
  const aged = await Promise.all(
    names.map(async (name) => ({ name, atMs: (await stat(join(logs, name)).catch(() => undefined))?.mtimeMs ?? 0 })),
  )
  aged.sort((a, b) => b.atMs - a.atMs)
  for (const { name } of aged.slice(keptOfRemoved)) await unlink(join(logs, name)).catch(() => undefined)
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

async function readTail(path: string, bytes: number): Promise<string> {
  const handle = await open(path, 'r').catch(() => undefined)
  if (handle === undefined) return ''
  try {
    const { size } = await handle.stat()
    const length = Math.min(size, bytes)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length)
    const text = buffer.toString('utf8', 0, bytesRead)
    // A cut in the middle of a line would read as a line of its own.
    return length < size ? text.slice(text.indexOf('\n') + 1) : text
  } finally {
    await handle.close()
  }
}
