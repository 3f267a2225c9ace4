import { expect, test } from 'vitest'
import { type Answer, createAnswerOnce } from './idempotency.ts'

const answers = new Map<string, { readonly request: string; readonly answer: string }>()
const answerOnce = createAnswerOnce(
  {
    recall: async (key) => answers.get(key),
    remember: async (key, request, answer) => void answers.set(key, { request, answer }),
  },
  () => 0,
)
const keyed = (key: string, body: unknown = { a: 1 }) => ({ key, method: 'POST', path: '/builds', body })

test('a repeat at the same time waits for the first answer', async () => {
  const gate = Promise.withResolvers<Answer>()
  let times = 0
  const work = (): Promise<Answer> => {
    times++
    return gate.promise
  }
  const both = [answerOnce(keyed('k1'), work), answerOnce(keyed('k1'), work)]
  await expect(answerOnce(keyed('k1', { a: 2 }), work)).rejects.toMatchObject({ code: 'idempotency-mismatch' })
  gate.resolve({ status: 201, body: { id: 'p-1' } })
  expect(await Promise.all(both)).toEqual([
    { status: 201, body: { id: 'p-1' } },
    { status: 201, body: { id: 'p-1' } },
  ])
  expect(times).toBe(1)
})

test('after a failure the key is free again', async () => {
  await expect(answerOnce(keyed('k2'), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await answerOnce(keyed('k2'), async () => ({ status: 200, body: 1 }))).toEqual({ status: 200, body: 1 })
})

test('a repeat whose first answer was lost carries the same name for what it changes, another request another', async () => {
  const names: string[] = []
  const lost = (requestKey: string): Promise<Answer> => {
    names.push(requestKey)
    return Promise.reject(new Error('killed before the answer was saved'))
  }
  for (const request of [keyed('k4'), keyed('k4'), keyed('k4', { a: 2 }), keyed('k5')])
    await expect(answerOnce(request, lost)).rejects.toThrow('killed')
  expect(names[1]).toBe(names[0])
  expect(new Set(names).size).toBe(3)
})

test('the order of keys in a body means nothing, their values do', async () => {
  await answerOnce(keyed('k3', { a: 1, b: { c: 2, d: 3 } }), async () => ({ status: 200, body: 1 }))
  expect(
    await answerOnce(keyed('k3', { b: { d: 3, c: 2 }, a: 1 }), async () => ({ status: 200, body: 2 })),
  ).toMatchObject({ body: 1 })
  await expect(
    answerOnce(keyed('k3', { b: { d: 3, c: 3 }, a: 1 }), async () => ({ status: 200, body: 2 })),
  ).rejects.toMatchObject({ code: 'idempotency-mismatch' })
})

test.each(['', ' ', 'a b', 'ü', 'x'.repeat(201)])('the key %j is refused', async (key) => {
  await expect(answerOnce(keyed(key), async () => ({ status: 200, body: 1 }))).rejects.toMatchObject({ code: 'usage' })
})
