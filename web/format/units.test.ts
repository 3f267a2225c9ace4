import { describe, expect, test } from 'vitest'
import { count, duration, factor, latency, nbsp, percent, plural, rate } from './units.ts'
import { dayAndClock, dayOf, relativeTime } from './times.ts'

const plain = (text: string): string => text.replaceAll(nbsp, ' ')

describe('numbers as people read them', () => {
  test.each([
    [0, '0 %'],
    [0.05, '5 %'],
    [1, '100 %'],
    [0.0487, '4.9 %'],
    [0.0018, '0.18 %'],
    [0.00012, '0.012 %'],
    [0.126, '13 %'],
    [0.9996, '100.0 %'],
  ])('a fraction of %d', (fraction, text) => expect(plain(percent(fraction))).toBe(text))

  test.each([
    [250, '250 ms'],
    [32_000, '32 s'],
    [60_000, '1 min'],
    [372_000, '6 min 12 s'],
    [17_460_000, '4 h 51 min'],
    [260_000_000, '3 days'],
  ])('a duration of %d ms', (ms, text) => expect(plain(duration(ms))).toBe(text))

  test('counts, rates, latencies, evidence', () => {
    expect(count(8_590)).toBe('8,590')
    expect(plain(plural(1, 'host'))).toBe('1 host')
    expect(plain(plural(2, 'host'))).toBe('2 hosts')
    expect(plain(rate(1_480.4))).toBe('1,480 req/s')
    expect(plain(rate(0.44))).toBe('0.4 req/s')
    expect(plain(latency(18.04))).toBe('18 ms')
    expect(plain(latency(1_420))).toBe('1.42 s')
    expect(factor(7.44)).toBe('7.4')
    expect(factor(21.3)).toBe('21')
  })

  test('a unit never stands at the beginning of a line', () => {
    for (const text of [percent(0.05), duration(372_000), latency(18), rate(5), plural(3, 'host')])
      expect(text).not.toMatch(/\d \S/)
  })
})

test('an age grows into a time of day', () => {
  const now = Date.parse('2026-11-24T14:32:00Z')
  expect(plain(relativeTime(now - 42_000, now))).toBe('42 s ago')
  expect(plain(relativeTime(now - 12 * 60_000, now))).toBe('12 min ago')
  expect(relativeTime(now - 40 * 86_400_000, now)).toMatch(/^\d+ Oct$/)
  // A clock that is ahead of the control plane's does not show the future.
  expect(plain(relativeTime(now + 5_000, now))).toBe('0 s ago')
})

test('with its day when that was not today', () => {
  const now = new Date(2026, 10, 24, 14, 32, 7).getTime()
  expect(dayAndClock(now - 1_000, now)).toBe('14:32:06')
  expect(dayAndClock(now - 40 * 86_400_000, now)).toMatch(/^\d+ Oct \d\d:\d\d$/)
  expect(dayOf(now)).toBe('Tue 24 Nov 2026')
})
