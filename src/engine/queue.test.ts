import { expect, test } from 'vitest'
import { createQueue, type Pass } from './queue.ts'
import { createVirtualClock } from './simulation/virtualClock.fixture.ts'

function queueOf(pass: Pass) {
  const clock = createVirtualClock(0)
  const errors: string[] = []
  return { clock, errors, queue: createQueue(clock, pass, (key, error) => errors.push(`${key}: ${String(error)}`)) }
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

test('of many wakes during a pass one more pass comes, and two keys do not wait for each other', async () => {
  const log: string[] = []
  const open: (() => void)[] = []
  const { queue } = queueOf(async (key) => {
    log.push(key)
    await new Promise<void>((resolve) => open.push(resolve))
    return undefined
  })
  queue.wake('a')
  queue.wake('b')
  for (let i = 0; i < 5; i += 1) queue.wake('a')
  expect(log).toEqual(['a', 'b'])
  open[0]?.()
  await settle()
  expect(log).toEqual(['a', 'b', 'a'])
  for (const end of open) end()
  await settle()
  expect(log).toEqual(['a', 'b', 'a'])
})

test('a pass that fails comes back after 250, 500, 1000 ms, and at once again after it succeeded', async () => {
  let failures = 3
  const at: number[] = []
  const { clock, queue, errors } = queueOf(async () => {
    at.push(clock.now())
    failures -= 1
    if (failures >= 0) throw new Error('no')
    return undefined
  })
  queue.wake('a')
  await settle()
  while (clock.next()) await settle()
  expect(at).toEqual([0, 250, 750, 1_750])
  expect(errors).toHaveLength(3)
})

test('a key is looked at again when its pass asked for it; one that has ended is not', async () => {
  const at: number[] = []
  const { clock, queue } = queueOf(async () => {
    at.push(clock.now())
    return at.length < 3 ? clock.now() + 1_000 : undefined
  })
  queue.wake('a')
  await settle()
  while (clock.next()) await settle()
  expect(at).toEqual([0, 1_000, 2_000])
})

test('run waits for a pass that began after it was asked', async () => {
  let passes = 0
  const { queue } = queueOf(async () => {
    await settle()
    passes += 1
    return undefined
  })
  queue.wake('a')
  await queue.run('a')
  expect(passes).toBe(2)
})

test('a key that ended while somebody waited for it is still one pass at a time', async () => {
  let running = 0
  let most = 0
  const { queue } = queueOf(async () => {
    running += 1
    most = Math.max(most, running)
    await settle()
    await settle()
    running -= 1
    return undefined
  })
  queue.wake('a')
  const asked = queue.run('a')
  // The pass that ran has ended with the key; the one that was asked for is under way.
  await settle()
  await settle()
  await settle()
  queue.wake('a')
  await asked
  await settle()
  await settle()
  expect(most).toBe(1)
})

test('after the stop nothing starts, and what runs is waited for', async () => {
  let ended = 0
  const { queue } = queueOf(async () => {
    await settle()
    ended += 1
    return undefined
  })
  queue.wake('a')
  await queue.stop()
  expect(ended).toBe(1)
  queue.wake('b')
  await settle()
  await settle()
  expect(ended).toBe(1)
})
