import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { routes } from '../http/contract/routes.ts'

const program = fileURLToPath(new URL('fuzzRun.fixture.ts', import.meta.url))
const runs = Number(process.env['FUZZ_RUNS'] ?? '25')

interface Found {
  readonly asked: number
  readonly faults: readonly string[]
  readonly bugs: readonly string[]
  readonly stillAnswers: number
}

async function fuzz(...args: readonly string[]): Promise<Found> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { maxBuffer: 64 * 1024 * 1024 })
  return JSON.parse(stdout) as Found
}

test('no request to any route is answered with 5xx, or with what the document does not describe', async () => {
  expect(await fuzz('--runs', String(runs))).toEqual({
    asked: Object.keys(routes).length * runs,
    faults: [],
    bugs: [],
    stillAnswers: 200,
  })
}, 180_000)

test('a planted failure and a planted wrong document are found', async () => {
  expect((await fuzz('--plant', '--only', 'holds')).faults[0]).toMatch(/status 500/)
  expect((await fuzz('--plant', '--only', 'logs')).faults.join()).toMatch(/does not describe/)
}, 180_000)
