import { expect, test } from 'vitest'
import type { InstanceSpec } from '../domain/catalog/instance.ts'
import { crashLoop } from './failureText.ts'

const spec = {
  id: 'i',
  service: 'cart',
  environment: 'staging',
  host: '1',
  build: { name: 'new', digest: 'sha256:0' },
  command: ['node', 'main.js'],
  crashes: { times: 3, withinMs: 60_000 },
} as unknown as InstanceSpec

function textOf(...lines: readonly string[]): string {
  const exit = { atMs: 0, code: 1 }
  return crashLoop(spec, [exit, exit, exit], lines).text
}

test('of a log with a stack the line that says why is quoted, in one line', () => {
  const text = textOf(
    'starting',
    'node:fs:483',
    '    return binding.readFileUtf8(path)',
    '                   ^',
    '',
    "Error: ENOENT: no such file or directory, open '/x/sizes.json'",
    '    at readFileSync (node:fs:483:20)',
    '    at ModuleJob.run (node:internal/modules/esm/module_job:561:25) {',
    '  errno: -2,',
    '}',
    '',
    'Node.js v24.21.0',
  )
  expect(text).toMatch(
    /with code 1: "node main\.js"; it said: Error: ENOENT: no such file or directory, open '\/x\/sizes\.json'$/,
  )
})

test.each([
  ['its last lines', ['a', 'b', 'c', 'no licence'], 'its last lines: b · c · no licence'],
  ['nothing', [], 'its last lines: (none)'],
  ['a panic', ['panic: nil map', 'goroutine 1'], 'it said: panic: nil map'],
])('else %s', (_name, lines, said) => {
  expect(textOf(...lines).endsWith(said)).toBe(true)
})

test('a very long line is cut', () => {
  expect(textOf(`Error: ${'x'.repeat(5_000)}`).length).toBeLessThan(500)
})
