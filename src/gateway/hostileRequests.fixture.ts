/** Aspect → why we differ where HAProxy and nginx agree; `npm run differential` checks that each is still needed. */
export type Differs = Readonly<Record<string, string>>

/** Hostile and odd bytes of a client, as data: for the gateway's own tests and for the comparison with other proxies. */
export interface HostileRequest {
  readonly name: string
  readonly bytes: string
  readonly expect: 'refused' | 'accepted'
  /** 400 unless told. */
  readonly status?: number
  /** First line of what reaches the host. */
  readonly forwarded?: string
  readonly differs?: Differs
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

/** Says in which aspect these differ from HAProxy and nginx, and why. */
export function differing<Case extends object>(
  differs: Differs,
  cases: readonly Case[],
): (Case & { readonly differs: Differs })[] {
  return cases.map((one) => ({ ...one, differs }))
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
  'identity, then chunked': `${post}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunked, then identity': `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
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
  'chunk size overflow': `${chunked}${'f'.repeat(20)}\r\nabc`,
  'chunk size of 17 digits': `${chunked}10000000000000001\r\nabc`,
  'chunk size 0x3': `${chunked}0x3\r\nabc\r\n0\r\n\r\n`,
  'chunk size -3': `${chunked}-3\r\nabc\r\n0\r\n\r\n`,
  'no CRLF after a chunk': `${chunked}3\r\nabcXX0\r\n\r\n`,
  'LF in a chunk extension': `${chunked}3;a\nb\r\nabc\r\n0\r\n\r\n`,
})

/** Two readers could take the head to say two things. */
const headLines = refused({
  'a folded header': `${get}X-A: 1\r\n  b\r\n\r\n`,
  'a folded first header': 'GET /a HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n',
  'a folded Content-Length': `${post}Content-Length:\r\n 3\r\n\r\nabc`,
  'space before colon': `${get}X-A : 1\r\n\r\n`,
  'bare CR in a value': `${get}X-A: a\rb\r\n\r\n`,
  'bare CR in a name': `${get}X-A\r: a\r\n\r\n`,
  'NUL in a value': `${get}X-A: a\0b\r\n\r\n`,
  'NUL in a name': `${get}X\0A: a\r\n\r\n`,
  'NUL in the target': 'GET /a\0 HTTP/1.1\r\nHost: x\r\n\r\n',
  'no colon': `${get}X-A\r\n\r\n`,
  'an empty name': `${get}: a\r\n\r\n`,
  'a name with a parenthesis': `${get}X(A: a\r\n\r\n`,
  'bytes beyond ASCII in the target': 'GET /\xe9 HTTP/1.1\r\nHost: x\r\n\r\n',
  'a space in the target': 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n',
  'tabs in the request line': 'GET\t/a\tHTTP/1.1\r\nHost: x\r\n\r\n',
  'a fragment in the target': 'GET /a#/../x HTTP/1.1\r\nHost: x\r\n\r\n',
  'a method in lower case': 'get /a HTTP/1.1\r\nHost: x\r\n\r\n',
  'no HTTP': 'nonsense\r\n\r\n',
  'HTTP/0.9': 'GET /a\r\n\r\n',
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
  'Host with a slash': withHost('a/b'),
})

const large = [
  ...differing(
    { answer: 'RFC 6585 has 431 for a head that is too large; theirs is an older 400' },
    refused(
      {
        'a header beyond 32 KiB': `${get}X-A: ${'a'.repeat(33 * 1024)}\r\n\r\n`,
        'many headers beyond 32 KiB': `${get}${'X: 1\r\n'.repeat(8_000)}\r\n`,
      },
      431,
    ),
  ),
  ...refused({ 'a target beyond 32 KiB': `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n` }, 431),
]

/** Refused here, let through by HAProxy and nginx. */
const stricter = [
  ...differing(
    { answer: 'a chunk size is hexadecimal digits up to CRLF or `;`: what reads on elsewhere reads another body' },
    refused({
      'chunk size with a space': `${chunked}3 \r\nabc\r\n0\r\n\r\n`,
      'chunk size ended by LF': `${chunked}3\nabc\r\n0\r\n\r\n`,
    }),
  ),
  ...differing(
    { answer: 'they wait for a body that nobody can send; a count beyond 2^53 is not exact here, so it is refused' },
    refused({
      'Content-Length beyond 2^53': `${post}Content-Length: 9007199254740993\r\n\r\nab`,
    }),
  ),
  ...differing(
    { answer: 'RFC 9112, 2.2: a bare LF may end a line; a reader behind us for whom it does not sees another head' },
    refused({
      'bare LF everywhere': 'GET /a HTTP/1.1\nHost: x\n\n',
      'bare LF after a header': 'GET /a HTTP/1.1\r\nHost: x\nX-A: 1\r\n\r\n',
      'bare LF after the request line': 'GET /a HTTP/1.1\nHost: x\r\n\r\n',
      'bare LF at the end': `${get}\n`,
    }),
  ),
  ...differing(
    { answer: 'RFC 9110, 5.5: a field value has no control characters' },
    refused({
      'a control character in a value': `${get}X-A: a\x01b\r\n\r\n`,
    }),
  ),
  ...differing(
    { answer: 'RFC 3986 has no backslash in a path, and what takes it for a slash reads another path' },
    refused({
      'a backslash in the target': 'GET /a\\..\\x HTTP/1.1\r\nHost: x\r\n\r\n',
    }),
  ),
  ...differing(
    { answer: 'there is no such version; what it would mean is not known' },
    refused({
      'HTTP/1.2': 'GET /a HTTP/1.2\r\nHost: x\r\n\r\n',
    }),
  ),
  ...differing(
    { answer: 'not NAME, NAME:PORT, [IPv6] or [IPv6]:PORT: the next reader may take it for another host' },
    refused({
      'Host with a comma': withHost('a,b'),
      'Host with a user': withHost('u@b'),
      'Host with a fragment': withHost('a#b'),
      'Host with a query': withHost('a?b'),
      'Host with a backslash': withHost('a\\b'),
      'Host with quotes': withHost('"a"'),
      'Host with %61': withHost('%61'),
      'Host with a port beyond 65535': withHost('a:99999'),
      'Host with a port in letters': withHost('a:x'),
    }),
  ),
]

const odd = accepted({
  'absolute form': ['GET http://shop.test/a?x HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /a?x HTTP/1.1'],
  'absolute form without a path': ['GET http://h?x HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /?x HTTP/1.1'],
  'an empty Host': [withHost(''), 'GET /a HTTP/1.1'],
  'an IPv6 Host': [withHost('[::1]:80'), 'GET /a HTTP/1.1'],
  'empty lines before the request': [`\r\n\r\n${get}\r\n`, 'GET /a HTTP/1.1'],
  'many small headers': [`${get}${'X: 1\r\n'.repeat(600)}\r\n`, 'GET /a HTTP/1.1'],
  'bytes beyond ASCII in a value': [`${get}X-A: a\xe9b\r\n\r\n`, 'GET /a HTTP/1.1'],
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
  'chunked in capitals': [`${post}Transfer-Encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n`, 'POST /a HTTP/1.1'],
  'a length with zeros before it': [`${post}Content-Length: 003\r\n\r\nabc`, 'POST /a HTTP/1.1'],
  'Connection that names the length': [
    `${post}Connection: Content-Length\r\nContent-Length: 3\r\n\r\nabc`,
    'POST /a HTTP/1.1',
  ],
  'Connection that names the coding': [
    `${post}Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    'POST /a HTTP/1.1',
  ],
  'Connection that names Host': [`${get}Connection: Host\r\n\r\n`, 'GET /a HTTP/1.1'],
  'what concerns only its connection': [
    `${get}Connection: x-b\r\nX-B: 1\r\nKeep-Alive: 1\r\nProxy-Connection: a\r\nTE: trailers\r\nTrailer: x\r\n\r\n`,
    'GET /a HTTP/1.1',
  ],
  'HTTP/1.0 that keeps its connection': [
    'GET /a HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n',
    'GET /a HTTP/1.1',
  ],
  'two requests at once': [`${get}\r\n${get}\r\n`, 'GET /a HTTP/1.1'],
  trailers: [`${chunked}3\r\nabc\r\n0\r\nx-t: 1\r\n\r\n`, 'POST /a HTTP/1.1'],
})

/** Served, but not as HAProxy and nginx do it. */
const otherwise = [
  ...differing(
    { reached: 'a path is forwarded in the one reading that routed it; they route and forward it as it came' },
    accepted({
      'dot segments': ['GET /x/%2e%2E/./a HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /a HTTP/1.1'],
    }),
  ),
  ...differing(
    { host: 'HTTP/1.1 behind us needs a Host: it is the address of the host that is asked' },
    accepted({
      'HTTP/1.0 without Host': ['GET /a HTTP/1.0\r\n\r\n', 'GET /a HTTP/1.1'],
    }),
  ),
]

export const hostileRequests: readonly HostileRequest[] = [
  ...framing,
  ...headLines,
  ...hosts,
  ...large,
  ...stricter,
  ...odd,
  ...otherwise,
]
