/** Hostile and odd bytes, as data: for the gateway's own tests and for the comparison with other proxies. */
export interface HostileRequest {
  readonly name: string
  readonly bytes: string
  readonly expect: 'refused' | 'accepted'
  /** 400 unless told. */
  readonly status?: number
  /** First line of what reaches the host. */
  readonly forwarded?: string
}

const get = 'GET /a HTTP/1.1\r\nHost: x\r\n'
const post = 'POST /a HTTP/1.1\r\nHost: x\r\n'
const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n`
const withHost = (host: string): string => `GET /a HTTP/1.1\r\nHost: ${host}\r\n\r\n`

function refused(cases: Readonly<Record<string, string>>, status = 400): HostileRequest[] {
  return Object.entries(cases).map(([name, bytes]) => ({ name, bytes, expect: 'refused', status }))
}

function accepted(cases: Readonly<Record<string, readonly [bytes: string, forwarded: string]>>): HostileRequest[] {
  return Object.entries(cases).map(([name, [bytes, forwarded]]) => ({ name, bytes, expect: 'accepted', forwarded }))
}

/** Two readers could take the body to end at two places. */
const framing = refused({
  'Content-Length with Transfer-Encoding': `${post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'Transfer-Encoding with Content-Length': `${post}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`,
  'empty Transfer-Encoding, then a length': `${post}Transfer-Encoding:\r\nContent-Length: 3\r\n\r\nabc`,
  'a length, then empty Transfer-Encoding': `${post}Content-Length: 3\r\nTransfer-Encoding: \r\n\r\nabc`,
  'empty Transfer-Encoding': `${post}Transfer-Encoding:\r\n\r\n`,
  xchunked: `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  'chunked, identity': `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  'chunked, chunked': `${post}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
  'gzip, chunked': `${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'a comma before chunked': `${post}Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n`,
  'chunked after a vertical tab': `${post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
  'chunked in HTTP/1.0': 'POST /a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'two Content-Length': `${post}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
  'Content-Length twice the same': `${post}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`,
  'Content-Length as a list': `${post}Content-Length: 3, 3\r\n\r\nabc`,
  'Content-Length +2': `${post}Content-Length: +2\r\n\r\nab`,
  'Content-Length -1': `${post}Content-Length: -1\r\n\r\nab`,
  'Content-Length 0x2': `${post}Content-Length: 0x2\r\n\r\nab`,
  'empty Content-Length': `${post}Content-Length: \r\n\r\n`,
  'Content-Length beyond 2^64': `${post}Content-Length: 99999999999999999999999\r\n\r\nab`,
  'Content-Length beyond 2^53': `${post}Content-Length: 9007199254740993\r\n\r\nab`,
  'chunk size overflow': `${chunked}${'f'.repeat(20)}\r\nabc`,
  'chunk size of 17 digits': `${chunked}10000000000000001\r\nabc`,
  'chunk size 0x3': `${chunked}0x3\r\nabc\r\n0\r\n\r\n`,
  'chunk size -3': `${chunked}-3\r\nabc\r\n0\r\n\r\n`,
  'chunk size with a space': `${chunked}3 \r\nabc\r\n0\r\n\r\n`,
  'chunk size ended by LF': `${chunked}3\nabc\r\n0\r\n\r\n`,
  'no CRLF after a chunk': `${chunked}3\r\nabcXX0\r\n\r\n`,
  'LF in a chunk extension': `${chunked}3;a\nb\r\nabc\r\n0\r\n\r\n`,
})

/** Two readers could take the head to say two things. */
const headLines = refused({
  'a folded header': `${get}X-A: 1\r\n  b\r\n\r\n`,
  'a folded first header': 'GET /a HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n',
  'a folded Content-Length': `${post}Content-Length:\r\n 3\r\n\r\nabc`,
  'space before colon': `${get}X-A : 1\r\n\r\n`,
  'bare LF everywhere': 'GET /a HTTP/1.1\nHost: x\n\n',
  'bare LF after a header': 'GET /a HTTP/1.1\r\nHost: x\nX-A: 1\r\n\r\n',
  'bare LF after the request line': 'GET /a HTTP/1.1\nHost: x\r\n\r\n',
  'bare LF at the end': `${get}\n`,
  'bare CR in a value': `${get}X-A: a\rb\r\n\r\n`,
  'bare CR in a name': `${get}X-A\r: a\r\n\r\n`,
  'NUL in a value': `${get}X-A: a\0b\r\n\r\n`,
  'NUL in a name': `${get}X\0A: a\r\n\r\n`,
  'NUL in the target': 'GET /a\0 HTTP/1.1\r\nHost: x\r\n\r\n',
  'a control character in a value': `${get}X-A: a\x01b\r\n\r\n`,
  'no colon': `${get}X-A\r\n\r\n`,
  'an empty name': `${get}: a\r\n\r\n`,
  'a name with a parenthesis': `${get}X(A: a\r\n\r\n`,
  'bytes beyond ASCII in the target': 'GET /\xe9 HTTP/1.1\r\nHost: x\r\n\r\n',
  'a space in the target': 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n',
  'tabs in the request line': 'GET\t/a\tHTTP/1.1\r\nHost: x\r\n\r\n',
  'a backslash in the target': 'GET /a\\..\\x HTTP/1.1\r\nHost: x\r\n\r\n',
  'a fragment in the target': 'GET /a#/../x HTTP/1.1\r\nHost: x\r\n\r\n',
  'a method in lower case': 'get /a HTTP/1.1\r\nHost: x\r\n\r\n',
  'no HTTP': 'nonsense\r\n\r\n',
  'HTTP/0.9': 'GET /a\r\n\r\n',
  'HTTP/1.2': 'GET /a HTTP/1.2\r\nHost: x\r\n\r\n',
  'HTTP/2.0 as a version': 'GET /a HTTP/2.0\r\nHost: x\r\n\r\n',
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  CONNECT: 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n',
  'the asterisk form': 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
  'a request after one that is malformed': `${get}X-A : 1\r\n\r\n${get}\r\n`,
})

const hosts = refused({
  'two Host': `${get}Host: y\r\n\r\n`,
  'Host twice the same': `${get}Host: x\r\n\r\n`,
  'no Host': 'GET /a HTTP/1.1\r\n\r\n',
  'absolute form without Host': 'GET http://h/a HTTP/1.1\r\n\r\n',
  'absolute form with an odd Host': 'GET http://h/a HTTP/1.1\r\nHost: a b\r\n\r\n',
  'absolute form with a user': 'GET http://u:p@h/a HTTP/1.1\r\nHost: x\r\n\r\n',
  'absolute form without a name': 'GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n',
  'absolute form of another scheme': 'GET ftp://h/a HTTP/1.1\r\nHost: x\r\n\r\n',
  'Host with a space': withHost('a b'),
  'Host with a comma': withHost('a,b'),
  'Host with a slash': withHost('a/b'),
  'Host with a user': withHost('u@b'),
  'Host with a fragment': withHost('a#b'),
  'Host with a query': withHost('a?b'),
  'Host with a backslash': withHost('a\\b'),
  'Host with quotes': withHost('"a"'),
  'Host with %61': withHost('%61'),
  'Host with a port beyond 65535': withHost('a:99999'),
  'Host with a port in letters': withHost('a:x'),
})

const large = refused(
  {
    'a header beyond 32 KiB': `${get}X-A: ${'a'.repeat(33 * 1024)}\r\n\r\n`,
    'many headers beyond 32 KiB': `${get}${'X: 1\r\n'.repeat(8_000)}\r\n`,
    'a target beyond 32 KiB': `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  },
  431,
)

const odd = accepted({
  'absolute form': ['GET http://shop.test/a?x HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /a?x HTTP/1.1'],
  'absolute form without a path': ['GET http://h?x HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /?x HTTP/1.1'],
  'HTTP/1.0 without Host': ['GET /a HTTP/1.0\r\n\r\n', 'GET /a HTTP/1.1'],
  'an empty Host': [withHost(''), 'GET /a HTTP/1.1'],
  'an IPv6 Host': [withHost('[::1]:80'), 'GET /a HTTP/1.1'],
  'empty lines before the request': [`\r\n\r\n${get}\r\n`, 'GET /a HTTP/1.1'],
  'many small headers': [`${get}${'X: 1\r\n'.repeat(600)}\r\n`, 'GET /a HTTP/1.1'],
  'bytes beyond ASCII in a value': [`${get}X-A: a\xe9b\r\n\r\n`, 'GET /a HTTP/1.1'],
  'dot segments': ['GET /x/%2e%2E/./a HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /a HTTP/1.1'],
  'dot segments above the root': ['GET /../../a HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /a HTTP/1.1'],
  'an encoded slash': ['GET /a%2F..%2Fb HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /a%2F..%2Fb HTTP/1.1'],
  h2c: [
    `${get}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
    'GET /a HTTP/1.1',
  ],
  'h2c beside websocket': [`${get}Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n\r\n`, 'GET /a HTTP/1.1'],
  'an unknown upgrade': [`${get}Connection: Upgrade\r\nUpgrade: foo\r\n\r\n`, 'GET /a HTTP/1.1'],
  'an unknown expectation': [`${post}Content-Length: 2\r\nExpect: tea\r\n\r\nab`, 'POST /a HTTP/1.1'],
  'Expect: 100-continue': [`${post}Content-Length: 2\r\nExpect: 100-continue\r\n\r\nab`, 'POST /a HTTP/1.1'],
  'a body on GET': [`${get}Content-Length: 3\r\n\r\nabc`, 'GET /a HTTP/1.1'],
  'a chunk extension': [`${chunked}3;a=b\r\nabc\r\n0\r\n\r\n`, 'POST /a HTTP/1.1'],
  trailers: [`${chunked}3\r\nabc\r\n0\r\nx-t: 1\r\n\r\n`, 'POST /a HTTP/1.1'],
})

export const hostileRequests: readonly HostileRequest[] = [...framing, ...headLines, ...hosts, ...large, ...odd]

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
}

const ok = 'HTTP/1.1 200 OK\r\n'
const small = 'Content-Length: 2\r\n\r\nok'
const chunks = '3\r\nabc\r\n0\r\n\r\n'

export const hostileAnswers: readonly HostileAnswer[] = [
  ...Object.entries({
    'Content-Length with Transfer-Encoding': `${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
    'Transfer-Encoding with Content-Length': `${ok}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n${chunks}`,
    'empty Transfer-Encoding, then a length': `${ok}Transfer-Encoding:\r\nContent-Length: 3\r\n\r\nabc`,
    'a length, then empty Transfer-Encoding': `${ok}Content-Length: 3\r\nTransfer-Encoding:\r\n\r\nabc`,
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
    'bare LF everywhere': 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
    'bare LF after a header': `${ok}X-A: 1\n${small}`,
    'bare CR in a value': `${ok}X-A: a\rb\r\n${small}`,
    'bare CR in the reason': `HTTP/1.1 200 O\rK\r\n${small}`,
    'NUL in a value': `${ok}X-A: a\0b\r\n${small}`,
    'a control character in a value': `${ok}X-A: a\x01b\r\n${small}`,
    'bytes beyond ASCII in a name': `${ok}X-\xe9: a\r\n${small}`,
    'a head beyond 32 KiB': `${ok}X-A: ${'a'.repeat(33 * 1024)}\r\n${small}`,
    'a status of four digits': `HTTP/1.1 1000 X\r\n${small}`,
    'a protocol switch nobody asked for': 'HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n',
    'a protocol switch without a protocol': 'HTTP/1.1 101 S\r\n\r\n',
    'HTTP/1.2': `HTTP/1.2 200 OK\r\n${small}`,
    'no HTTP': 'nonsense\r\n\r\n',
    // The transport takes it for an answer to nothing. Nobody behind the gateway is asked to say it: `Expect` ends here.
    'a stray 100': `HTTP/1.1 100 Continue\r\n\r\n${ok}${small}`,
  }).map(([name, bytes]): HostileAnswer => ({ name, bytes, expect: 'refused' })),
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
    name: 'Trailer beside a length',
    bytes: `${ok}Trailer: x-t\r\n${small}`,
    expect: 'accepted',
    has: /\r\n\r\nok$/,
    lacks: /trailer/i,
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
