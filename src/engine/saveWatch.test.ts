import { expect, test } from 'vitest'
import { CofferdamError } from '../domain/errors.ts'
import { createMemoryStore } from '../store/memory/createMemoryStore.ts'
import type { Clock } from './ports.ts'
import { createSaveWatch } from './saveWatch.ts'

function underTest() {
  const world = { nowMs: 1_000, fails: undefined as Error | undefined }
  const clock: Clock = { now: () => world.nowMs, monotonic: () => world.nowMs, after: () => () => undefined }
  const store = createMemoryStore()
  const watch = createSaveWatch(
    {
      ...store,
      commit: async (write) => {
        if (world.fails) throw world.fails
        return store.commit(write)
      },
    },
    clock,
  )
  const commit = () => watch.store.commit({ events: [] }).catch((error: unknown) => error)
  return { world, watch, commit }
}

const full = new CofferdamError('disk-full', 'the disk of /home/state.db is full: 0 bytes are free')

test('nothing is held while everything can be saved', async () => {
  const { watch, commit } = underTest()
  await commit()
  expect(watch.hold()).toBeUndefined()
})

test('what cannot be saved is a hold with the reason, since it was first seen; the error goes on to who saved', async () => {
  const { world, watch, commit } = underTest()
  world.fails = full
  expect(await commit()).toBe(full)
  world.nowMs = 31_000
  await commit()
  expect(watch.hold()).toMatchObject({
    rule: 'cannot-save',
    on: 'store',
    sinceMs: 1_000,
    text: `nothing that is decided can be saved: ${full.message}`,
    help: expect.stringContaining('Make room') as string,
  })
})

test('the next save ends it', async () => {
  const { world, watch, commit } = underTest()
  world.fails = full
  await commit()
  world.fails = undefined
  await commit()
  expect(watch.hold()).toBeUndefined()
})

test('a failure that nobody repeated is forgotten, and the next one has a time of its own', async () => {
  const { world, watch, commit } = underTest()
  world.fails = full
  await commit()
  world.nowMs = 62_000
  expect(watch.hold()).toBeUndefined()
  await commit()
  expect(watch.hold()).toMatchObject({ sinceMs: 62_000 })
})

test('a home that can no longer be written is told so, and not to choose another one', async () => {
  const { world, watch, commit } = underTest()
  world.fails = new CofferdamError('home-unusable', '/home/state.db cannot be written: disk I/O error')
  await commit()
  expect(watch.hold()?.help).toMatch(/^Make the home writable again/)
})

test('a bug is no reason to look at the disk', async () => {
  const { world, watch, commit } = underTest()
  world.fails = new Error('invariant: the revision is known')
  await commit()
  expect(watch.hold()).toBeUndefined()
})
