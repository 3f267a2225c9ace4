import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteStore } from './openSqliteStore.ts'

const mayMount = process.getuid?.() === 0 && canMount()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cofferdam-full-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function canMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'cofferdam-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe], { stdio: 'ignore' })
    execFileSync('umount', [probe])
    return true
  } catch {
    return false
  } finally {
    rmSync(probe, { recursive: true, force: true })
  }
}

const event = (n: number) => ({ atMs: n, actor: 'a', kind: 'k.k', on: 'o', text: `${n} ${'x'.repeat(20_000)}` })

test.runIf(mayMount)(
  'a disk that is full: named with path and bytes, nothing half is written, and it goes on when there is room',
  async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder])
    try {
      const path = join(folder, 'state.db')
      writeFileSync(join(folder, 'ballast'), Buffer.alloc(800_000))
      const store = openSqliteStore(path)
      let written = 0
      const fill = async (): Promise<unknown> => {
        for (; written < 500; written += 1) await store.commit({ events: [event(written)] })
        return undefined
      }
      const error: unknown = await fill().catch((caught: unknown) => caught)
      expect(error).toMatchObject({
        code: 'disk-full',
        message: expect.stringContaining(`the disk of ${path} is full`) as string,
      })
      expect((error as Error).message).toMatch(/\d+ bytes are free, the store has \d+ bytes/)
      expect(await store.lastEventId()).toBe(written)
      rmSync(join(folder, 'ballast'))
      expect(statfsSync(folder).bavail).toBeGreaterThan(0)
      expect(await store.commit({ events: [event(written)] })).toMatchObject({
        saved: true,
        events: [{ id: written + 1 }],
      })
      await store.close()
    } finally {
      execFileSync('umount', [folder])
    }
  },
)

test('the twin: with room the same writes are all there', async () => {
  const store = openSqliteStore(join(folder, 'state.db'))
  for (let n = 0; n < 60; n += 1) await store.commit({ events: [event(n)] })
  expect(await store.lastEventId()).toBe(60)
  await store.close()
})

test.runIf(mayMount)('a disk that becomes read-only is named; it goes on when it can be written again', async () => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder])
  const path = join(folder, 'state.db')
  try {
    const first = openSqliteStore(path)
    await first.commit({ events: [event(1)] })
    await first.close()
    execFileSync('mount', ['-o', 'remount,ro', folder])
    expect(() => openSqliteStore(path)).toThrow(
      expect.objectContaining({ code: 'home-unusable', message: expect.stringContaining(path) as string }),
    )
    execFileSync('mount', ['-o', 'remount,rw', folder])
    const again = openSqliteStore(path)
    expect(await again.commit({ events: [event(2)] })).toMatchObject({ saved: true })
    await again.close()
  } finally {
    execFileSync('umount', [folder])
  }
})
