import { describe, expect, test } from 'vitest'
import { translateHead } from './streamRequest.ts'

const head = (...more: readonly string[]): string[] => [
  ':method',
  'GET',
  ':scheme',
  'https',
  ':authority',
  'shop.test',
  ':path',
  '/a?b',
  ...more,
]

function replaced(name: string, value: string | undefined): string[] {
  const raw = head()
  const at = raw.indexOf(name)
  raw.splice(at, 2, ...(value === undefined ? [] : [name, value]))
  return raw
}

describe('the head of a stream', () => {
  test('is said as HTTP/1.1 would say it', () => {
    expect(translateHead(head('x-a', '1', 'te', 'trailers'), false)).toEqual({
      ok: true,
      method: 'GET',
      url: '/a?b',
      rawHeaders: ['x-a', '1', 'te', 'trailers', 'host', 'shop.test'],
      expectsContinue: false,
    })
  })

  test('has one cookie, also when it came in several fields', () => {
    const translated = translateHead(head('cookie', 'a=1', 'x-a', '1', 'cookie', 'b=2', 'cookie', 'c=3'), false)
    expect(translated.ok && translated.rawHeaders).toEqual(['cookie', 'a=1; b=2; c=3', 'x-a', '1', 'host', 'shop.test'])
  })

  test('says how a body is framed', () => {
    const of = (raw: string[], hasBody: boolean) => {
      const translated = translateHead(raw, hasBody)
      return translated.ok ? translated.rawHeaders.join() : translated.text
    }
    expect(of(head(), true)).toContain('transfer-encoding,chunked')
    expect(of(head('content-length', '3'), true)).not.toContain('transfer-encoding')
    expect(of(head(), false)).not.toContain('transfer-encoding')
  })

  test('may name its host in either way, or in both alike', () => {
    for (const raw of [
      head(),
      head('host', 'Shop.TEST'),
      [...replaced(':authority', undefined), 'host', 'shop.test'],
    ]) {
      const translated = translateHead(raw, false)
      expect(translated.ok && translated.rawHeaders).toEqual(['host', 'shop.test'])
    }
  })

  test.each([
    ['another Host', head('host', 'other.test')],
    ['two Host', head('host', 'shop.test', 'host', 'shop.test')],
    ['no host', replaced(':authority', undefined)],
    ['two paths', head(':path', '/b')],
    ['CONNECT', replaced(':method', 'CONNECT')],
    ['a method in lower case', replaced(':method', 'get')],
    ['no method', replaced(':method', undefined)],
    ['another scheme', replaced(':scheme', 'ftp')],
    ['the asterisk form', replaced(':path', '*')],
    ['the absolute form', replaced(':path', 'https://shop.test/a')],
    ['no path', replaced(':path', '')],
    ['a space in the path', replaced(':path', '/a b')],
    ['bytes beyond ASCII in the path', replaced(':path', '/\xe9')],
    ['a line end in the path', replaced(':path', '/a\r\nx: y')],
    ['connection', head('connection', 'close')],
    ['keep-alive', head('keep-alive', '1')],
    ['transfer-encoding', head('transfer-encoding', 'chunked')],
    ['upgrade', head('upgrade', 'websocket')],
    ['te: gzip', head('te', 'gzip')],
  ])('is refused with %s', (_, raw) => {
    expect(translateHead(raw, false).ok).toBe(false)
  })
})
