import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splitCommand } from './command.ts'
import { editDistance, nearest } from '../domain/nearest.ts'
import { formatDuration, formatPercent, formatPoints, formatSize } from './units.ts'
import { parseDuration, parsePercent, parsePoints, parseSize } from './units.ts'

describe('units', () => {
  test.each([
    [parseDuration, '250ms', 250],
    [parseDuration, '5s', 5_000],
    [parseDuration, '10m', 600_000],
    [parseDuration, '1h', 3_600_000],
    [parseDuration, '1.5s', 1_500],
    [parseSize, '1KB', 1_024],
    [parseSize, '160MB', 167_772_160],
    [parsePercent, '5%', 0.05],
    [parsePercent, '12.3%', 0.123],
    [parsePoints, '1pp', 0.01],
    [parsePoints, '0.05pp', 0.0005],
  ])('%o %s', (parse, text, value) => {
    expect(parse(text)).toEqual({ ok: true, value })
  })

  test.each([
    [parseDuration, '5', '5s'],
    [parseDuration, '5 min', '5m'],
    [parseDuration, '5S', '5s'],
    [parseDuration, '1d', '24h'],
    [parseDuration, '-5s', undefined],
    [parseDuration, '', undefined],
    [parseDuration, '5s5', undefined],
    [parseSize, '160', '160MB'],
    [parseSize, '2GB', '2048MB'],
    [parsePercent, '5', '5%'],
    [parsePercent, '5 %', '5%'],
    [parsePoints, '1%', '1pp'],
  ])('%o refuses %s', (parse, text, meant) => {
    expect(parse(text)).toEqual({ ok: false, ...(meant !== undefined && { nearest: meant }) })
  })

  test('what is shown is read as the same value', () => {
    fc.assert(
      fc.property(fc.nat(100_000_000), (n) => {
        expect(parseDuration(formatDuration(n))).toEqual({ ok: true, value: n })
        expect(parseSize(formatSize(n * 1_024))).toEqual({ ok: true, value: n * 1_024 })
        expect(parsePercent(formatPercent(n / 1e6))).toEqual({ ok: true, value: n / 1e6 })
        expect(parsePoints(formatPoints(n / 1e6))).toEqual({ ok: true, value: n / 1e6 })
      }),
    )
  })
})

describe('commands', () => {
  test.each([
    ['node src/main.ts', ['node', 'src/main.ts']],
    ['  node   a  ', ['node', 'a']],
    [`node -e 'a b' "c 'd'" e"f g"h`, ['node', '-e', 'a b', "c 'd'", 'ef gh']],
    [`node ""`, ['node', '']],
    [`sh -c "a && b"`, ['sh', '-c', 'a && b']],
    [`node '&&'`, ['node', '&&']],
    ['echo $HOME a\\b', ['echo', '$HOME', 'a\\b']],
    ['node a=b;c', ['node', 'a=b;c']],
  ])('%s', (text, words) => {
    expect(splitCommand(text)).toEqual({ ok: true, words })
  })

  test.each([
    '',
    '   ',
    `""`,
    `node 'a`,
    `node "a`,
    'a && b',
    'a | b',
    'a > b',
    'a; b',
    'a 2>&1',
    'a &',
    'node\0',
  ])('refuses %j', (text) => {
    expect(splitCommand(text).ok).toBe(false)
  })
})

describe('nearest', () => {
  test('finds slips, not other words', () => {
    const keys = ['routes', 'owner', 'run', 'ready']
    expect(nearest('rotues', keys)).toBe('routes')
    expect(nearest('Owner', keys)).toBe('owner')
    expect(nearest('colour', keys)).toBeUndefined()
    expect(nearest('x'.repeat(100_000), keys)).toBeUndefined()
  })

  test('the distance is symmetric, and 0 for the same word alone', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a))
        expect(editDistance(a, b) === 0).toBe(a === b)
      }),
    )
  })
})
