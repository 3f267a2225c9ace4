import { expect, test } from 'vitest'
import fc from 'fast-check'
import { answerHead } from './marks.ts'
import { RequestHead } from './requestHead.ts'

test('what is named by Connection is not handed on', () => {
  const head = new RequestHead(
    ['Host', 'X.test:80', 'CONNECTION', 'Foo, close', 'foo', '1', 'Bar', '2', 'Connection', 'bar'],
    true,
  )
  expect(head.passed).toEqual([])
  expect(head.hostName).toBe('x.test')
})

test('framing, marks and the origin are read, not handed on', () => {
  const raw = [
    'X-Forwarded-For',
    '1',
    'Transfer-Encoding',
    'chunked',
    'Content-Length',
    '3',
    'X-Cofferdam-Key',
    'k',
    'baggage',
    'a=1',
    'Baggage',
    'b=2',
    'X-Request-Id',
    'r',
    'Cookie',
    'c',
  ]
  const front = new RequestHead(raw, true)
  expect(front.passed).toEqual(['Cookie', 'c'])
  expect(front).toMatchObject({
    key: 'k',
    baggage: 'a=1,b=2',
    requestId: 'r',
    codings: 'chunked',
    contentLength: '3',
    cookie: 'c',
    hasBody: true,
  })
  expect(new RequestHead(raw, false).passed).toEqual(['X-Forwarded-For', '1', 'Cookie', 'c'])
})

test('everything else is handed on as it was, in its order', () => {
  const name = fc.constantFrom('Accept', 'x-a', 'X-B', 'User-Agent', 'cookie', 'Accept')
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.string({ maxLength: 10 })), { maxLength: 20 }), (headers) => {
      expect(new RequestHead(headers.flat(), true).passed).toEqual(headers.flat())
      expect(answerHead(200, headers.flat()).headers).toEqual(headers.flat())
    }),
  )
})

test('an answer loses what concerns only the connection to its host', () => {
  const raw = [
    'Connection',
    'close, X-Hop',
    'x-hop',
    '1',
    'Keep-Alive',
    'timeout=5',
    'X-End',
    '2',
    'Content-Length',
    '12',
  ].map((text) => Buffer.from(text))
  expect(answerHead(200, raw)).toEqual({
    headers: ['X-End', '2', 'Content-Length', '12'],
    contentLength: 12,
    trailer: undefined,
    problem: undefined,
  })
})
