import { expect, test } from 'vitest'
import { routes } from './contract/routes.ts'
import { toInputProblems } from './inputProblems.ts'

function textsOf(route: 'startPromotion' | 'passPromotion' | 'startRollback', body: unknown): readonly string[] {
  const schema = routes[route].body
  const read = schema.safeParse(body)
  if (read.success) return []
  return toInputProblems(read.error.issues, body, 'body', Object.keys(schema.shape)).map(({ text }) => text)
}

test('what is right has no problem', () => {
  expect(textsOf('startPromotion', { service: 'a', build: 'b' })).toEqual([])
})

test.each([
  [{ service: 'a' }, 'body.build is missing; it must be a string'],
  [{ service: 'a', build: 7 }, 'body.build is 7; it must be a string'],
  [{ service: 'a', build: '' }, 'body.build is "": Too small: expected string to have >=1 characters'],
  [{ service: 'a', build: 'b', emergency: { reason: 'x' } }, 'body.emergency.incident is missing; it must be a string'],
  [
    { service: 'a', build: 'b', biuld: 'c' },
    'body.biuld is not known (did you mean "build"?); known are service, build, stage, emergency',
  ],
  [['a'], 'body is ["a"]; it must be an object'],
])('%j', (body, text) => {
  expect(textsOf('startPromotion', body)[0]).toBe(text)
})

test('a long value is cut, and every mistake has its place', () => {
  const texts = textsOf('startRollback', { service: 'x'.repeat(300), to: 3 })
  expect(texts).toHaveLength(2)
  expect(texts[0]?.length).toBeLessThan(200)
  expect(texts[1]).toBe('body.to is 3; it must be a string')
})
