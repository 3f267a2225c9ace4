import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { until } from '../testBed.ts'
import { Crew } from './crew.ts'

test('a worker that cannot live is started again, less and less often', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crew-'))
  const entry = join(folder, 'worker.mjs')
  writeFileSync(entry, 'process.exit(3)')
  const endedAtMs: number[] = []
  const crew = new Crew({
    workers: 1,
    entry,
    args: [],
    report: (text, fields) => {
      expect([text, fields['code']]).toEqual(['a worker ended', 3])
      endedAtMs.push(performance.now())
    },
    onStarted: () => undefined,
    onIncrements: () => undefined,
  })
  crew.start()
  await until('it failed six times', () => endedAtMs.length >= 6, 15_000)
  await crew.stop(100)
  // At once, then 100, 200, 400 and 800 ms.
  expect(endedAtMs[5]! - endedAtMs[0]!).toBeGreaterThan(1_490)
  expect(crew.all()).toEqual([])
  expect(endedAtMs.length).toBeLessThanOrEqual(7)
  rmSync(folder, { recursive: true })
})
