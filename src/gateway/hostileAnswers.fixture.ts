import { differing, type Differs } from './hostileRequests.fixture.ts'

/** What a host answers, and what its client must then see. */
export interface HostileAnswer {
  readonly name: string
  readonly bytes: string
  /** The host ends the connection after it. */
  readonly thenClose?: true
  /** `cut`: the connection is closed before the answer is whole. */
  readonly expect: 'refused' | 'cut' | 'accepted'
  /** In the answer that the client gets. */
  readonly has?: RegExp
  readonly lacks?: RegExp
  /** Of the request; GET unless told. */
  readonly method?: string
  readonly differs?: Differs
}

const ok = 'HTTP/1.1 200 OK\r\n'
const small = 'Content-Length: 2\r\n\r\nok'
const chunks = '3\r\nabc\r\n0\r\n\r\n'

function refusedAnswers(cases: Readonly<Record<string, string>>): HostileAnswer[] {
  return Object.entries(cases).map(([name, bytes]) => ({ name, bytes, expect: 'refused' }))
}

export const hostileAnswers: readonly HostileAnswer[] = [
  ...refusedAnswers({
    xchunked: `${ok}Transfer-Encoding: xchunked\r\n\r\n${chunks}`,
    'chunked, identity': `${ok}Transfer-Encoding: chunked, identity\r\n\r\n${chunks}`,
    'gzip, chunked': `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n${chunks}`,
    identity: `${ok}Transfer-Encoding: identity\r\n\r\nabc`,
    'two Content-Length': `${ok}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
    'Content-Length as a list': `${ok}Content-Length: 3, 3\r\n\r\nabc`,
    'Content-Length +2': `${ok}Content-Length: +2\r\n\r\nab`,
    'Content-Length -2': `${ok}Content-Length: -2\r\n\r\nab`,
    'empty Content-Length': `${ok}Content-Length: \r\n\r\nab`,
    'Content-Length beyond 2^64': `${ok}Content-Length: 99999999999999999999999\r\n\r\nab`,
    'a folded header': `${ok}X-A: 1\r\n  b\r\n${small}`,
    'space before colon': `${ok}X-A : 1\r\n${small}`,
    'bare CR in a value': `${ok}X-A: a\rb\r\n${small}`,
    'bare CR in the reason': `HTTP/1.1 200 O\rK\r\n${small}`,
    'NUL in a value': `${ok}X-A: a\0b\r\n${small}`,
    'bytes beyond ASCII in a name': `${ok}X-\xe9: a\r\n${small}`,
    'a head beyond 32 KiB': `${ok}X-A: ${'a'.repeat(33 * 1024)}\r\n${small}`,
    'a status of four digits': `HTTP/1.1 1000 X\r\n${small}`,
    'a protocol switch nobody asked for': 'HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n',
    'a protocol switch without a protocol': 'HTTP/1.1 101 S\r\n\r\n',
    'no HTTP': 'nonsense\r\n\r\n',
    // The transport takes it for an answer to nothing. Nobody behind the gateway is asked to say it: `Expect` ends here.
    'a stray 100': `HTTP/1.1 100 Continue\r\n\r\n${ok}${small}`,
  }),
  ...differing(
    { answer: 'two readers of this answer see two bodies: a 502 instead of a guess' },
    refusedAnswers({
      'Content-Length with Transfer-Encoding': `${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
      'Transfer-Encoding with Content-Length': `${ok}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n${chunks}`,
      'empty Transfer-Encoding, then a length': `${ok}Transfer-Encoding:\r\nContent-Length: 3\r\n\r\nabc`,
      'a length, then empty Transfer-Encoding': `${ok}Content-Length: 3\r\nTransfer-Encoding:\r\n\r\nabc`,
    }),
  ),
  ...differing(
    { answer: 'as in a request: a bare LF ends a line for some readers only' },
    refusedAnswers({
      'bare LF everywhere': 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
      'bare LF after a header': `${ok}X-A: 1\n${small}`,
    }),
  ),
  ...differing(
    { answer: 'as in a request: a field value has no control characters' },
    refusedAnswers({
      'a control character in a value': `${ok}X-A: a\x01b\r\n${small}`,
    }),
  ),
  ...differing(
    { answer: 'as in a request: there is no such version' },
    refusedAnswers({
      'HTTP/1.2': `HTTP/1.2 200 OK\r\n${small}`,
    }),
  ),
  ...differing<HostileAnswer>({ 'hop-by-hop': 'no trailer can follow a length, so none is announced' }, [
    {
      name: 'Trailer beside a length',
      bytes: `${ok}Trailer: x-t\r\n${small}`,
      expect: 'accepted',
      has: /\r\n\r\nok$/,
      lacks: /trailer/i,
    },
  ]),
  {
    name: 'HEAD with a length',
    method: 'HEAD',
    bytes: `${ok}Content-Length: 2\r\n\r\n`,
    expect: 'accepted',
    has: /content-length: 2\r\n/i,
  },
  {
    name: 'HEAD with chunks announced',
    method: 'HEAD',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n`,
    expect: 'accepted',
    has: /^HTTP\/1\.1 200 [^]*\r\n\r\n$/,
  },
  {
    name: 'HEAD with a body',
    method: 'HEAD',
    bytes: `${ok}${small}`,
    expect: 'accepted',
    has: /content-length: 2\r\n[^]*\r\n\r\n$/i,
  },
  {
    name: '304 with a body',
    bytes: `HTTP/1.1 304 N\r\n${small}`,
    expect: 'accepted',
    has: /^HTTP\/1\.1 304 [^]*\r\n\r\n$/,
  },
  {
    name: '204 with chunks',
    bytes: `HTTP/1.1 204 N\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
    expect: 'accepted',
    has: /^HTTP\/1\.1 204 [^]*\r\n\r\n$/,
  },
  // Whether the head has left by then is a matter of turns: the client gets a 502 or sees the cut.
  {
    name: 'chunk size overflow',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(20)}\r\nabc`,
    expect: 'cut',
    lacks: /\r\n0\r\n\r\n$/,
  },
  {
    name: 'chunk size in letters',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc`,
    expect: 'cut',
    lacks: /\r\n0\r\n\r\n$/,
  },
  {
    name: 'chunk size ended by LF',
    differs: {
      end: 'as in a request: what reads on elsewhere reads another body',
      body: 'nothing of it is handed on',
    },
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n`,
    expect: 'cut',
    lacks: /\r\n0\r\n\r\n$/,
  },
  { name: 'a head that ends early', bytes: `${ok}Content-Le`, thenClose: true, expect: 'refused' },
  {
    name: 'a body that ends early',
    bytes: `${ok}Content-Length: 10\r\n\r\nabc`,
    thenClose: true,
    expect: 'cut',
    has: /\r\n\r\nabc$/,
  },
  {
    name: 'chunks that end early',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`,
    thenClose: true,
    expect: 'cut',
    lacks: /\r\n0\r\n/,
  },
  {
    name: 'trailers beyond 32 KiB',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`,
    expect: 'cut',
    lacks: /\r\n0\r\n/,
  },
  {
    name: 'trailers that may not be there',
    bytes: `${ok}Transfer-Encoding: chunked\r\nTrailer: x-t\r\n\r\n3\r\nabc\r\n0\r\nx-t: 1\r\nx-cofferdam-refused: lies\r\nSet-Cookie: a=1\r\n\r\n`,
    expect: 'accepted',
    has: /trailer: x-t[^]*\r\n0\r\nx-t: 1\r\n\r\n$/i,
    lacks: /lies|a=1/,
  },
  {
    name: 'an early hint',
    bytes: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok}${small}`,
    expect: 'accepted',
    has: /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1\.1 200 /,
  },
  {
    name: 'processing',
    bytes: `HTTP/1.1 102 P\r\n\r\n${ok}${small}`,
    expect: 'accepted',
    has: /^HTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 200 /,
  },
  {
    name: '304 with a length',
    bytes: 'HTTP/1.1 304 N\r\nContent-Length: 20\r\n\r\n',
    expect: 'accepted',
    has: /Content-Length: 20/,
  },
  { name: '204 with a length', bytes: `HTTP/1.1 204 N\r\n${small}`, expect: 'accepted', lacks: /content-length|ok$/i },
  {
    name: 'bytes beyond ASCII in the reason',
    bytes: `HTTP/1.1 200 O\xe9K\r\n${small}`,
    expect: 'accepted',
    has: /^HTTP\/1\.1 200 OK\r\n/,
  },
  { name: 'no reason', bytes: `HTTP/1.1 200\r\n${small}`, expect: 'accepted', has: /\r\n\r\nok$/ },
  {
    name: 'HTTP/1.0 until the end',
    bytes: 'HTTP/1.0 200 OK\r\n\r\nabc',
    thenClose: true,
    expect: 'accepted',
    has: /3\r\nabc\r\n0\r\n\r\n$/,
  },
  { name: 'more than its length', bytes: `${ok}${small}POISON`, expect: 'accepted', has: /\r\n\r\nok$/ },
  {
    name: 'an answer too many',
    bytes: `${ok}${small}${ok}Content-Length: 6\r\n\r\nPOISON`,
    expect: 'accepted',
    has: /\r\n\r\nok$/,
  },
  {
    name: 'what concerns only its connection',
    bytes: `${ok}Connection: x-b, keep-alive\r\nX-B: 1\r\nKeep-Alive: 9\r\nProxy-Connection: a\r\nTE: q\r\nUpgrade: h2c\r\n${small}`,
    expect: 'accepted',
    lacks: /x-b|keep-alive: 9|proxy-connection|te: q|h2c/i,
  },
]
