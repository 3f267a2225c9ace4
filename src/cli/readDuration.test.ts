import { expect, test } from 'vitest'
import { readDurationMs } from './readDuration.ts'
import { formatDuration, formatShare } from './print/units.ts'

test.each([
  ['250ms', 250],
  ['5s', 5_000],
  ['1.5s', 1_500],
  ['10m', 600_000],
  ['1h', 3_600_000],
])('%s is %i ms', (text, ms) => {
  expect(readDurationMs('--timeout', text)).toBe(ms)
})

test.each(['', '10', 'm', '-1s', '10 m', '1d', '1e3s'])('%j is a usage error that names it', (text) => {
  expect(() => readDurationMs('--timeout', text)).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringContaining(JSON.stringify(text)) }),
  )
})

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [32_400, '32 s'],
  [300_000, '5 min'],
  [4_200_000, '1 h 10 min'],
  [3_600_000, '1 h'],
])('%i ms is said as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test.each([
  [0, '0 %'],
  [0.05, '5 %'],
  [0.0487, '4.9 %'],
  [0.0018, '0.18 %'],
  [0.1, '10 %'],
  [0.123, '12 %'],
  [1, '100 %'],
])('%f is said as %s', (fraction, text) => {
  expect(formatShare(fraction)).toBe(text)
})
