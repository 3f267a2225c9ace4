import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '../../engine/ports.ts'
import { backupStore } from './backup.ts'
import { openSqliteStore } from './openSqliteStore.ts'
import { restoreStore } from './restore.ts'

const digest = (digit: string) => `sha256:${digit.repeat(64)}`
const nowMs = Date.UTC(2026, 0, 1)
let home: string
let store: Store | undefined
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cofferdam-backup-'))
  store = openSqliteStore(path())
})
afterEach(async () => {
  await store?.close()
  rmSync(home, { recursive: true, force: true })
})

const path = () => join(home, 'state.db')
const event = (text: string) => ({ atMs: nowMs, actor: 'a', kind: 'k.k', on: 'o', text })

function pool(stable: string, revision: number) {
  const document = {
    environment: 'e',
    service: 's',
    hosts: 1,
    stable: { digest: stable, name: 'n' },
    instances: { 1: 'e-s-1-0' },
  }
  return { kind: 'pool' as const, id: 'e/s', revision, document, service: 's' }
}

/** Damages the file as a broken disk would: the head stays, so that it can be opened. */
function damage(file: string): void {
  const bytes = readFileSync(file)
  bytes.fill(0x5a, 4_096 + 200)
  writeFileSync(file, bytes)
}

async function texts(from: Store): Promise<readonly string[]> {
  return (await from.events(0, 100)).map((one) => one.text)
}

describe('backup', () => {
  test('holds everything that was committed before, while the store is open and goes on', async () => {
    await store?.commit({ events: [event('before')] })
    const made = backupStore(path(), join(home, 'b.db'))
    await store?.commit({ events: [event('after')] })
    expect(made).toMatchObject({ lastEvent: 1, bytes: statSync(made.file).size })
    expect(statSync(made.file).mode & 0o777).toBe(0o600)
    const copy = openSqliteStore(made.file)
    expect(await texts(copy)).toEqual(['before'])
    await copy.close()
    if (store) expect(await texts(store)).toEqual(['before', 'after'])
  })

  test('overwrites nothing, and leaves nothing half', async () => {
    writeFileSync(join(home, 'b.db'), 'mine')
    expect(() => backupStore(path(), join(home, 'b.db'))).toThrow(/b\.db exists already/)
    expect(readFileSync(join(home, 'b.db'), 'utf8')).toBe('mine')
    expect(() => backupStore(path(), join(home, 'no/b.db'))).toThrow(/cannot be written/)
    expect(() => backupStore(join(home, 'none.db'), join(home, 'c.db'))).toThrow(/there is no store at/)
    expect(existsSync(join(home, 'none.db'))).toBe(false)
  })

  test('of a damaged store is refused by name', async () => {
    for (let n = 0; n < 50; n += 1) await store?.commit({ events: [event('x'.repeat(2_000))] })
    await store?.close()
    store = undefined
    damage(path())
    expect(() => backupStore(path(), join(home, 'b.db'))).toThrow(
      expect.objectContaining({ code: 'store-damaged', message: expect.stringContaining(path()) as string }),
    )
    expect(existsSync(join(home, 'b.db'))).toBe(false)
  })
})

describe('restore', () => {
  const backUpAndClose = async (): Promise<string> => {
    const { file } = backupStore(path(), join(home, 'b.db'))
    await store?.commit({ events: [event('later')] })
    await store?.next('promotion')
    await store?.next('promotion')
    await store?.close()
    store = undefined
    return file
  }

  test('brings back what was, keeps what is replaced, and says so in the events', async () => {
    await store?.commit({ events: [event('before')] })
    await store?.next('promotion')
    const restored = restoreStore(home, await backUpAndClose(), nowMs)
    store = openSqliteStore(path())
    expect(await texts(store)).toEqual(['before', 'the store was restored from a backup whose last event is 1'])
    await store.commit({ events: [event('new')] })
    expect(await store.lastEventId()).toBe(3)
    const kept = openSqliteStore(restored.before ?? '')
    expect(await texts(kept)).toEqual(['before', 'later'])
    await kept.close()
  })

  test('no number of a promotion is given twice', async () => {
    await store?.next('promotion')
    restoreStore(home, await backUpAndClose(), nowMs)
    store = openSqliteStore(path())
    expect(await store.next('promotion')).toBe(4)
  })

  test('a damaged store is replaced all the same', async () => {
    await store?.commit({ events: [event('before')] })
    const file = await backUpAndClose()
    writeFileSync(path(), 'rubbish')
    expect(() => openSqliteStore(path())).toThrow(expect.objectContaining({ code: 'store-damaged' }))
    restoreStore(home, file, nowMs)
    store = openSqliteStore(path())
    expect(await texts(store)).toHaveLength(2)
  })

  test.each(['rubbish', ''])('a file that is no backup changes nothing: %j', async (content) => {
    await store?.commit({ events: [event('before')] })
    await store?.close()
    writeFileSync(join(home, 'b.db'), content)
    expect(() => restoreStore(home, join(home, 'b.db'), nowMs)).toThrow(
      expect.objectContaining({ code: 'store-damaged' }),
    )
    store = openSqliteStore(path())
    expect(await texts(store)).toEqual(['before'])
  })

  test('builds that should run and are not on disk are named, and nothing is changed', async () => {
    await store?.commit({ documents: [pool(digest('a'), 0)] })
    const file = await backUpAndClose()
    expect(() => restoreStore(home, file, nowMs)).toThrow(new RegExp(digest('a')))
    mkdirSync(join(home, 'builds', 'a'.repeat(64)), { recursive: true })
    expect(restoreStore(home, file, nowMs).before).toBeDefined()
  })

  test('one of a newer version is refused', async () => {
    const file = await backUpAndClose()
    copyFileSync(file, join(home, 'newer.db'))

    const newer = new DatabaseSync(join(home, 'newer.db'))
    newer.exec('pragma user_version = 999')
    newer.close()
    expect(() => restoreStore(home, join(home, 'newer.db'), nowMs)).toThrow(/schema 999; this version .* knows 1 to/)
  })
})
