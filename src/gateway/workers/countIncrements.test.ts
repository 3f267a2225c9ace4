import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Counters } from '../counters.ts'
import { Tallies } from '../tallies.ts'
import { CallLedger } from './callLedger.ts'
import { CallOwners } from './callOwners.ts'
import { countIncrements, type Handover } from './countIncrements.ts'
import { takeIncrements } from './increments.ts'

const labels = { environment: 'production', service: 'cart', layer: 'stable', host: '1', build: 'good' }
const shares = { generation: 1, unwatched: [] }

/** One worker's side, without its process. */
class Counting {
  readonly counters = new Counters()
  readonly tallies = new Tallies()
  readonly calls = new CallLedger()
  readonly tally = this.tallies.of(labels, 0)
  private readonly worker: number

  constructor(worker: number) {
    this.worker = worker
  }

  handOver(): Handover {
    const counted = { counters: this.counters, tallies: this.tallies.all(), calls: this.calls }
    return { worker: this.worker, increments: structuredClone(takeIncrements(counted, shares)) }
  }
}

class Together {
  readonly counters = new Counters()
  readonly tallies = new Tallies()
  readonly tally = this.tallies.of(labels, 0)
  private readonly owners = new CallOwners(10_000, 1_000)

  add(...handovers: readonly Handover[]): void {
    countIncrements(handovers, this.tallies, this.counters, this.owners)
  }
}

test('whoever counted it and whenever it was handed over, the sum is the same', () => {
  const event = fc.record({
    worker: fc.nat({ max: 3 }),
    status: fc.constantFrom(200, 302, 404, 500, 0),
    ms: fc.integer({ min: 0, max: 5_000 }),
    handsOver: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const workers = [0, 1, 2, 3].map((worker) => new Counting(worker))
      const together = new Together()
      const alone = new Tallies().of(labels, 0)
      for (const { worker, status, ms, handsOver } of events) {
        const counting = workers[worker]!
        for (const tally of [counting.tally, alone]) {
          if (status === 0) tally.countAborted()
          else tally.count(status, status >= 500, ms)
        }
        counting.counters.retries += 1
        counting.counters.countRefused('no-route')
        counting.counters.countFront(status >= 500)
        if (handsOver) together.add(counting.handOver())
      }
      together.add(...workers.map((counting) => counting.handOver()))
      together.add(...workers.map((counting) => counting.handOver()))
      const { usedAtMs: _, ...sum } = together.tally
      const { usedAtMs: _other, ...whole } = alone
      expect(sum).toEqual(whole)
      expect(together.counters.retries).toBe(events.length)
      expect(together.counters.refused.get('no-route') ?? 0).toBe(events.length)
      const refused = events.filter((one) => one.status >= 500).length
      expect(together.counters.front).toEqual({ requests: events.length, refused })
    }),
  )
})

test('of a call that two workers had, the first outcome counts; different calls both do', () => {
  const [a, b] = [new Counting(1), new Counting(2)]
  const first = a.calls.claim('call 1')!
  const repeat = b.calls.claim('call 1')!
  const other = b.calls.claim('call 2')!
  b.calls.end(repeat, labels, { status: 200, bad: false, ms: 1 })
  b.calls.end(other, labels, { status: 200, bad: false, ms: 1 })
  const together = new Together()
  // The order in which they hand over does not matter.
  together.add(b.handOver(), a.handOver())
  expect(together.tally).toMatchObject({ requests: 1, bad: 0 })
  a.calls.end(first, labels, { status: 500, bad: true, ms: 900 })
  together.add(a.handOver(), b.handOver())
  expect(together.tally).toMatchObject({ requests: 2, bad: 1 })
})

test('a repeat counts when the worker that had the first is dead, and when it was long ago', () => {
  const [a, b] = [new Counting(1), new Counting(2)]
  a.calls.end(a.calls.claim('call')!, labels, { status: 500, bad: true, ms: 1 })
  b.calls.end(b.calls.claim('call')!, labels, { status: 200, bad: false, ms: 1 })
  const together = new Together()
  together.add(b.handOver())
  expect(together.tally).toMatchObject({ requests: 1, bad: 0 })
  const owners = new CallOwners(10_000, 1_000)
  owners.claim(1, { call: 7, atMs: 1_000 })
  owners.claim(2, { call: 7, atMs: 11_000 })
  expect(owners.isFirst(2, { call: 7, atMs: 11_000 })).toBe(false)
  owners.claim(2, { call: 7, atMs: 11_001 })
  expect(owners.isFirst(2, { call: 7, atMs: 11_001 })).toBe(true)
})

test('an aborted repeat is not counted either, and an aborted call is', () => {
  const [a, b] = [new Counting(1), new Counting(2)]
  a.calls.end(a.calls.claim('call')!, labels, 'aborted')
  b.calls.end(b.calls.claim('call')!, labels, 'aborted')
  const together = new Together()
  together.add(a.handOver(), b.handOver())
  expect(together.tally).toMatchObject({ requests: 0, aborted: 1 })
})

test('memory is bounded: calls beyond are not noted, owners beyond are forgotten', () => {
  const ledger = new CallLedger()
  for (let call = 0; call < 20_000; call += 1) expect(ledger.claim(`call ${call}`)).toBeDefined()
  expect(ledger.claim('one more')).toBeUndefined()
  expect(ledger.take().claims).toHaveLength(40_000)
  expect(ledger.claim('one more')).toBeDefined()
  const owners = new CallOwners(10_000, 10)
  for (let call = 0; call < 100; call += 1) owners.claim(1, { call, atMs: 1_000 })
  expect(owners.isFirst(2, { call: 99, atMs: 1_001 })).toBe(false)
  expect(owners.isFirst(2, { call: 0, atMs: 1_001 })).toBe(true)
})
