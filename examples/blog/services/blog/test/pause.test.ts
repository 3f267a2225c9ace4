import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawPauseMs } from '../src/pause.ts'

test('half of the requests wait less than about 40 ms, none less than 20', () => {
  const pauses = Array.from({ length: 5000 }, drawPauseMs).sort((a, b) => a - b)
  const median = pauses[2500] ?? 0
  assert.ok(median > 37 && median < 43, `the median is ${median}`)
  assert.ok((pauses[0] ?? 0) >= 20)
})
