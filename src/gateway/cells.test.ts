import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { fromSparse } from '../domain/analysis/durationBuckets.ts'
import { CellLog } from './cells.ts'
import { Tally } from './tally.ts'

const labels = { environment: 'production', service: 'cart', layer: 'stable', host: '1', build: 'good' }
const startMs = 1_000_000

describe('CellLog', () => {
  test('a cut gives what was counted, and forgets it', () => {
    const log = new CellLog(10, startMs)
    const tally = new Tally(labels)
    tally.count(200, false, 3)
    tally.count(502, true, 40)
    tally.count(404, false, 40)
    tally.countAborted()
    log.cut([tally], startMs + 1_000)
    log.cut([tally], startMs + 2_000)
    const { cells, next, oldest } = log.after(0)
    expect({ next, oldest }).toEqual({ next: 1_002, oldest: 1_001 })
    expect(cells).toHaveLength(1)
    expect(cells[0]).toMatchObject({
      ...labels,
      n: 1_001,
      from: startMs,
      to: startMs + 1_000,
      requests: 3,
      bad: 1,
      aborted: 1,
      byCode: { '2xx': 1, '4xx': 1, '5xx': 1 },
    })
    expect(fromSparse(cells[0]!.durations).reduce((sum, count) => sum + count, 0)).toBe(3)
    expect([...tally.totalCodes]).toEqual([0, 1, 0, 1, 1])
  })

  test('a reader who passes `next` on misses nothing and sees nothing twice; what is gone shows as a gap', () => {
    const counts = fc.array(fc.nat({ max: 3 }), { maxLength: 30 })
    fc.assert(
      fc.property(
        counts,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 5 }),
        (seconds, kept, readEvery) => {
          const log = new CellLog(kept, startMs)
          const tally = new Tally(labels)
          let after = log.last
          let read = 0
          let missed = false
          seconds.forEach((count, at) => {
            for (let i = 0; i < count; i += 1) tally.count(200, false, i)
            log.cut([tally], startMs + (at + 1) * 1_000)
            if ((at + 1) % readEvery !== 0) return
            const answer = log.after(after)
            missed ||= after < answer.oldest - 1
            read += answer.cells.reduce((sum, cell) => sum + cell.requests, 0)
            after = answer.next
          })
          const rest = log.after(after)
          missed ||= after < rest.oldest - 1
          read += rest.cells.reduce((sum, cell) => sum + cell.requests, 0)
          const all = seconds.reduce((sum, count) => sum + count, 0)
          if (missed) expect(read).toBeLessThanOrEqual(all)
          else expect(read).toBe(all)
          expect(missed).toBe(readEvery > kept && seconds.length > kept)
        },
      ),
    )
  })

  test('an hour is kept in little memory, and given in parts', () => {
    const log = new CellLog(3_600, startMs)
    const tallies = Array.from({ length: 20 }, (_, at) => new Tally({ ...labels, host: String(at) }))
    for (let second = 0; second < 3_700; second += 1) {
      for (const tally of tallies) tally.count(200, false, second % 100)
      log.cut(tallies, startMs + (second + 1) * 1_000)
    }
    let after = 0
    let cells = 0
    let answers = 0
    for (let answer = log.after(after); answer.next !== after; answer = log.after(after)) {
      answers += 1
      cells += answer.cells.length
      after = answer.next
    }
    expect(cells).toBe(3_600 * 20)
    expect(answers).toBe(4)
  })

  test('a wait ends with the next cut, or with its time', async () => {
    const log = new CellLog(10, startMs)
    const waiting = log.nextCut(60_000)
    log.cut([], startMs + 1_000)
    await waiting
    await log.nextCut(1)
    expect(log.after(1_001)).toEqual({ cells: [], next: 1_001, oldest: 1_001 })
  })
})
