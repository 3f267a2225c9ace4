import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { CofferdamError } from '../../domain/errors.ts'
import { describeStore } from '../contract.ts'
import { openSqliteStore } from './openSqliteStore.ts'

const folder = mkdtempSync(join(tmpdir(), 'cofferdam-store-'))
let files = 0
const newPath = (): string => join(folder, `${++files}.db`)

afterAll(() => rmSync(folder, { recursive: true }))

describeStore('sqlite store', async (onEvents) => openSqliteStore(newPath(), { onEvents }))

test('what was committed is there after the store was opened again', async () => {
  const path = newPath()
  const first = openSqliteStore(path)
  await first.commit({
    documents: [{ kind: 'doors', id: 'current', revision: 0, document: { front: 8080 } }],
    events: [{ atMs: 1, actor: 'engine', kind: 'table.saved', on: 'table', text: 'saved' }],
  })
  await first.next('promotion')
  await first.close()
  const second = openSqliteStore(path)
  expect(await second.load('doors', 'current')).toEqual({ id: 'current', revision: 1, document: { front: 8080 } })
  expect(await second.lastEventId()).toBe(1)
  expect(await second.next('promotion')).toBe(2)
  await second.close()
})

test('two stores on one file see each other’s commits and do not both win', async () => {
  const path = newPath()
  const [a, b] = [openSqliteStore(path), openSqliteStore(path)]
  const write = { documents: [{ kind: 'doors', id: 'current', revision: 0, document: { front: 1 } } as const] }
  expect((await a.commit(write)).saved).toBe(true)
  expect((await b.commit(write)).saved).toBe(false)
  await Promise.all([a.close(), b.close()])
})

test('the file is in write-ahead mode and every commit is synced', async () => {
  const path = newPath()
  const store = openSqliteStore(path)
  const probe = new DatabaseSync(path)
  expect(probe.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
  probe.close()
  await store.close()
})

test.each([
  [
    'a folder that does not exist',
    () => join(folder, 'no', 'such', 'state.db'),
    /no\/such\/state\.db cannot be opened/,
  ],
  ['a folder in place of the file', () => folder, /cannot be opened/],
  ['a database of a newer version', newer, /has schema 999; this version of cofferdam knows 1 to \d+/],
])('%s is home-unusable', (_, makePath, message) => {
  const path = makePath()
  const error = catchError(() => openSqliteStore(path))
  expect(error).toBeInstanceOf(CofferdamError)
  expect(error).toMatchObject({ code: 'home-unusable', message: expect.stringMatching(message) })
})

test('a file that is no database is store-damaged, by name', () => {
  const path = garbage()
  expect(catchError(() => openSqliteStore(path))).toMatchObject({
    code: 'store-damaged',
    message: `the store ${path} is damaged: file is not a database`,
  })
})

function garbage(): string {
  const path = newPath()
  writeFileSync(path, 'garbage '.repeat(1_000))
  return path
}

function newer(): string {
  const path = newPath()
  const database = new DatabaseSync(path)
  database.exec('pragma user_version = 999')
  database.close()
  return path
}

function catchError(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

test('what was read is read again when it changed here or through another connection, and only then', async () => {
  const path = newPath()
  const [a, b] = [openSqliteStore(path), openSqliteStore(path)]
  const doors = (revision: number) =>
    ({ kind: 'doors', id: 'current', revision, document: { front: 8080 + revision } }) as const
  await a.commit({ documents: [doors(0)] })
  const first = await a.list('doors')
  expect(await a.list('doors')).toBe(first)
  await a.commit({ events: [{ atMs: 1, actor: 'engine', kind: 'table.saved', on: 'table', text: 'saved' }] })
  expect(await a.list('doors')).toBe(first)
  expect((await b.commit({ documents: [doors(1)] })).saved).toBe(true)
  expect((await a.list('doors'))[0]).toMatchObject({ revision: 2, document: { front: 8081 } })
  expect((await a.load('doors', 'current'))?.revision).toBe(2)
  await a.commit({ documents: [doors(2)] })
  expect((await a.list('doors'))[0]).toMatchObject({ revision: 3, document: { front: 8082 } })
  await Promise.all([a.close(), b.close()])
})
