import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { normalisePath, readTarget } from './normalisePath.ts'

describe('normalisePath', () => {
  test.each([
    ['/', '/'],
    ['/api/cart', '/api/cart'],
    ['/api/./cart', '/api/cart'],
    ['/api/../pay', '/pay'],
    ['/api/..', '/'],
    ['/api/cart/.', '/api/cart/'],
    ['/../../etc', '/etc'],
    ['/api/%2e%2e/pay', '/pay'],
    ['/api/%2E./pay', '/pay'],
    ['/api/.%2e', '/'],
    ['/api/..%2Fpay', '/api/..%2Fpay'],
    ['/api/%2f../pay', '/api/%2f../pay'],
    ['/%61pi/%63art', '/api/cart'],
    ['/api/%zz/%', '/api/%zz/%'],
    ['/api/%25%32%65', '/api/%252e'],
    ['/api/...', '/api/...'],
    ['/api/.hidden', '/api/.hidden'],
    ['//api', '//api'],
    ['/caf%C3%A9', '/caf%C3%A9'],
  ])('%s → %s', (path, expected) => {
    expect(normalisePath(path)).toBe(expected)
  })

  const part = fc.constantFrom('.', '..', '%2e', '%2E%2e', 'a', 'api', '%2F', '%41', '', 'x y', '%', '%e')
  const anyPath = fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`)

  test('a second reading changes nothing: what is routed is what is forwarded', () => {
    fc.assert(fc.property(anyPath, (path) => normalisePath(normalisePath(path)) === normalisePath(path)))
  })

  test('no dot segment is left, and it begins with a slash', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        const read = normalisePath(path)
        expect(read.startsWith('/')).toBe(true)
        expect(read.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment))).toBe(false)
      }),
    )
  })
})

describe('readTarget', () => {
  test('origin form', () => {
    expect(readTarget('/api/../pay?next=/../x')).toEqual({ ok: true, path: '/pay', query: '?next=/../x' })
  })

  test('absolute form', () => {
    expect(readTarget('http://shop.test:80/api?x=1')).toEqual({
      ok: true,
      path: '/api',
      query: '?x=1',
      authority: 'shop.test:80',
    })
    expect(readTarget('HTTP://shop.test')).toEqual({ ok: true, path: '/', query: '', authority: 'shop.test' })
  })

  test.each(['*', 'api', 'ftp://shop.test/', '/a#b', '/a\\..\\b', ''])('"%s" is refused', (target) => {
    expect(readTarget(target).ok).toBe(false)
  })
})
