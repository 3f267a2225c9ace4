import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { until } from '../testBed.ts'
import { Crew, type CrewOptions } from './crew.ts'
import type { WorkerLink } from './workerLink.ts'

vi.setConfig({ testTimeout: 120_000 })

const startMs = 60_000
const folder = mkdtempSync(join(tmpdir(), 'crew-'))
let crew: Crew

afterEach(async () => {
  await crew.stop(0)
  expect(crew.all()).toEqual([])
})

afterAll(() => rmSync(folder, { recursive: true }))

function crewOf(workers: number, script: string, more: Partial<CrewOptions> = {}): Crew {
  const entry = join(folder, 'worker.mjs')
  writeFileSync(entry, script)
  const nothing = (): void => undefined
  return new Crew({ workers, entry, args: [], report: nothing, onStarted: nothing, onIncrements: nothing, ...more })
}

test('a worker that cannot live is started again, less and less often', async () => {
  const endedAtMs: number[] = []
  crew = crewOf(1, 'process.exit(3)', {
    report: (text, fields) => {
      expect([text, fields['code']]).toEqual(['a worker ended', 3])
      endedAtMs.push(performance.now())
    },
  })
  crew.start()
  await until('it failed six times', () => endedAtMs.length >= 6, startMs)
  await crew.stop(100)
  // At once, then 100, 200, 400 and 800 ms.
  expect(endedAtMs[5]! - endedAtMs[0]!).toBeGreaterThan(1_490)
  expect(endedAtMs.length).toBeLessThanOrEqual(7)
})

test('the spare takes the place of one that ends, and there is a new spare', async () => {
  const placed: WorkerLink[] = []
  const script = "process.send({ kind: 'started' }); process.on('message', () => process.exit(0))"
  crew = crewOf(2, script, { onStarted: (link) => placed.push(link) })
  crew.start()
  await until('both have a place', () => placed.length === 2, startMs)
  crew.startSpare()
  await until('there is a spare', () => crew.readySpare() !== undefined, startMs)
  const spare = crew.readySpare()!
  placed[1]!.kill()
  await until('its place is taken', () => placed.length === 3, startMs)
  expect([placed[2], spare.slot]).toEqual([spare, placed[1]!.slot])
  await until('there is a new spare', () => crew.readySpare() !== undefined, startMs)
  expect(crew.replaced).toBe(1)
  // Its own end takes nobody's place, and is no replacement.
  const second = crew.readySpare()!
  second.kill()
  await until('there is a third', () => ![undefined, second].includes(crew.readySpare()), startMs)
  expect([placed.length, crew.replaced]).toEqual([3, 1])
})

test('a spare that dies in each place is no way around the waiting', async () => {
  const endedAtMs: number[] = []
  crew = crewOf(1, "process.send({ kind: 'started' })", {
    onStarted: (link) => {
      if (endedAtMs.push(performance.now()) === 1) crew.startSpare()
      link.kill()
    },
  })
  crew.start()
  await until('it was killed six times', () => endedAtMs.length >= 6, startMs)
  expect(endedAtMs[5]! - endedAtMs[0]!).toBeGreaterThan(1_490)
})
