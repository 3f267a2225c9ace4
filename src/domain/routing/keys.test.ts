import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { compileIndex } from './compileIndex.ts'
import { baggageValue, cookieValue, findKey, withBaggageKey } from './keys.ts'
import { keyedLayer, serviceOf, stableLayer, tableOf } from './testTables.ts'

const index = compileIndex(tableOf([serviceOf('cart', '/api/cart', [keyedLayer('zoe'), stableLayer(1)])]))
const environment = index.environments.get('production')!

describe('findKey', () => {
  const all = { header: 'h', baggage: 'cofferdam.key=b', cookie: 'cofferdam-key=c', host: 'zoe.shop.test', door: 'd' }
  test.each([
    [all, 'h', 'header'],
    [{ ...all, header: '' }, 'b', 'baggage'],
    [{ cookie: all.cookie, host: all.host, door: all.door }, 'c', 'cookie'],
    [{ host: all.host, door: all.door }, 'zoe', 'host'],
    [{ host: 'cart--mia.shop.test', door: all.door }, 'mia', 'host'],
    [{ host: 'other--mia.shop.test', door: all.door }, 'd', 'door'],
    [{ host: 'www.shop.test', door: all.door }, 'd', 'door'],
  ])('%j → %s from %s', (sources, key, source) => {
    expect(findKey(sources, environment)).toEqual({ key, source })
  })

  test('nothing carries a key', () => {
    expect(findKey({ host: '127.0.0.1', cookie: 'x-cofferdam-key=1; a=cofferdam-key' }, environment)).toBeUndefined()
  })
})

test.each([
  ['a=1; cofferdam-key=x; b=2', 'x'],
  ['cofferdam-key=x', 'x'],
  ['xcofferdam-key=1; cofferdam-key=2', '2'],
  ['a=cofferdam-key; cofferdam-key=3', '3'],
  ['cofferdam-key', undefined],
  ['cofferdam-keys=1', undefined],
])('cookie %s → %s', (cookies, value) => {
  expect(cookieValue(cookies, 'cofferdam-key')).toBe(value)
})

describe('baggage', () => {
  test.each([
    ['a=1,cofferdam.key=zoe;ttl=3,b=2', 'zoe'],
    [' cofferdam.key = z%C3%A9 ', 'zé'],
    ['cofferdam.keys=1', undefined],
    ['cofferdam.key=%', undefined],
  ])('%s → %s', (baggage, value) => {
    expect(baggageValue(baggage, 'cofferdam.key')).toBe(value)
  })

  test('merging keeps everything else, and reads back', () => {
    const others = fc.array(fc.constantFrom('a=1', 'b=2;p=x', 'cofferdam.key=old', 'userId=%C3%A9'), { maxLength: 5 })
    fc.assert(
      fc.property(others, fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }), (members, key) => {
        const merged = withBaggageKey(members.join(','), key)!
        expect(baggageValue(merged, 'cofferdam.key')).toBe(key)
        for (const member of members) if (!member.startsWith('cofferdam.key')) expect(merged).toContain(member)
      }),
    )
  })

  test('taking it out', () => {
    expect(withBaggageKey('cofferdam.key=a', undefined)).toBeUndefined()
    expect(withBaggageKey('x=1, cofferdam.key=a;p=1', undefined)).toBe('x=1')
  })
})
