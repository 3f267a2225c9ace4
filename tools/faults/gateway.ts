import type { Fault } from './fault.ts'

const hostile = 'src/gateway/hostile.integration.test.ts'
const resilience = 'src/gateway/resilience.integration.test.ts'
const slow = 'src/gateway/slowClients.integration.test.ts'
const webSocket = 'src/gateway/webSocket.integration.test.ts'

/** @param rows name, file in `src/gateway`, text, its replacement, part of the name of the test that must fail. */
function faultsFor(test: string, rows: readonly (readonly [string, string, string, string, string])[]): Fault[] {
  return rows.map(([name, file, find, replace, failing]) => ({
    name,
    file: `src/gateway/${file}`,
    find,
    replace,
    test: [test, failing],
  }))
}

/** At least one for each group of hostile and odd cases whose behaviour is ours, not that of a parser below. */
export const gatewayFaults: readonly Fault[] = [
  ...faultsFor(hostile, [
    [
      'any coding passes',
      'admission.ts',
      "codings.toLowerCase() !== 'chunked'",
      "codings === '?'",
      'nothing forwarded: gzip, chunked',
    ],
    [
      'chunked in HTTP/1.0 passes',
      'admission.ts',
      "if (httpVersion === '1.0') return 'HTTP/1.0 has",
      "if (httpVersion === '0') return 'HTTP/1.0 has",
      'nothing forwarded: chunked in HTTP/1.0',
    ],
    [
      'a lenient parser',
      'listener.ts',
      'requireHostHeader: false,',
      'requireHostHeader: false, insecureHTTPParser: true,',
      'nothing forwarded: bare LF after a header',
    ],
    ['two hosts pass', 'admission.ts', 'head.hosts > 1', 'head.hosts > 2', 'nothing forwarded: two Host'],
    ['no host passes', 'admission.ts', 'head.hosts === 0', 'head.hosts === -1', 'nothing forwarded: no Host'],
    [
      'any host passes',
      'admission.ts',
      "hostProblem(head.host ?? '') ??",
      "hostProblem('') ??",
      'nothing forwarded: Host with a comma',
    ],
    [
      'the name of an absolute form is not looked at',
      'admission.ts',
      "if (target.authority === '')",
      "if (target.authority === '?')",
      'nothing forwarded: absolute form without a name',
    ],
    [
      'the Host header stands above an absolute form',
      'admission.ts',
      'if (target.authority !== undefined) head.host',
      "if (target.authority === '?') head.host",
      'its authority stands above the Host header',
    ],
    [
      'the size of a head is left to the server',
      'exchange.ts',
      'head.bytes > maxHeadBytes',
      'head.bytes > 4 * maxHeadBytes',
      'nothing forwarded: many headers beyond 32 KiB',
    ],
    [
      'TE is handed on',
      'requestHead.ts',
      "['te', 'hop']",
      "['te', 'pass']",
      'and those that Connection names, end here',
    ],
    [
      'what Connection names is handed on',
      'requestHead.ts',
      'if (named !== undefined) this.dropNamed(named)',
      '',
      'and those that Connection names, end here',
    ],
    [
      'h2c is handed on',
      'requestHead.ts',
      "['http2-settings', 'hop']",
      "['http2-settings', 'pass']",
      'served in one reading: h2c',
    ],
    [
      'Expect is handed on',
      'requestHead.ts',
      "['expect', 'hop']",
      "['expect', 'pass']",
      'served in one reading: an unknown expectation',
    ],
    [
      'forwarded is not what was routed',
      'exchange.ts',
      'const path = admitted.path + admitted.query',
      "const path = request.url ?? ''",
      'served in one reading: dot segments',
    ],
    [
      'a client says where it comes from',
      'requestHead.ts',
      'if (isFront) return',
      'if (!isFront) return',
      'is replaced at a front door',
    ],
    [
      'an error goes into the answer before it',
      'listener.ts',
      'if (endsAfterAnswer(socket)) return',
      '',
      'bytes that are no request do not end up',
    ],
    [
      'a head may take its time',
      'listener.ts',
      'headersTimeout: limits.headMs',
      'headersTimeout: 0',
      'a head that does not end',
    ],
    ['any trailer passes', 'marks.ts', ' || notAfterBody.has(lowered)', '', 'trailers that may not be there'],
    ['no hint passes', 'clientAnswer.ts', 'status !== 102 && status !== 103', 'status > 0', 'accepted: an early hint'],
    ['a 204 has a length', 'marks.ts', 'status === 204 || status < 200', 'status < 200', '204 with a length'],
    [
      'any coding of an answer passes',
      'marks.ts',
      "codings.trim().toLowerCase() !== 'chunked'",
      "codings === '?'",
      'refused: xchunked',
    ],
    [
      'an answer that was cut ends well',
      'exchange.ts',
      'if (this.answer.isBegun) return this.cut()',
      'if (this.answer.isBegun) return this.answer.end({})',
      'cut: chunks that end early',
    ],
  ]),
  ...faultsFor(slow, [
    [
      'any rate of a body will do',
      'bodyPace.ts',
      'bytes * 1_000',
      'bytes * 1e9',
      'that comes too slowly is answered with 408',
    ],
    ['the grace is all that a body gets', 'bodyPace.ts', 'bytes * 1_000', 'bytes * 0', 'slow but above the rate'],
    [
      'the time of a slow host is the client’s',
      'bodyPace.ts',
      'this.heldSinceMs ??= performance.now()\n    this.watch.remove(this)',
      'this.heldSinceMs ??= performance.now()',
      'that its host does not read',
    ],
    [
      'a client that pauses makes its host look dead',
      'requestBody.ts',
      '!this.request.complete && !this.request.isPaused()',
      'false',
      'whose client pauses',
    ],
    [
      'a host that says nothing is waited for',
      'requestBody.ts',
      '!this.request.complete && !this.request.isPaused()',
      'true',
      'of which the host has everything',
    ],
    [
      'who reads nothing may stay',
      'listener.ts',
      'server.timeout = limits.idleMs',
      'server.timeout = 0',
      'that takes nothing is given up',
    ],
  ]),
  ...faultsFor(resilience, [
    [
      'a stale connection is an error',
      'exchange.ts',
      "(kind === 'reset' ? failed : undefined)",
      'undefined',
      'a stale connection costs an idempotent request nothing',
    ],
    [
      'anything is sent again',
      'exchange.ts',
      '!idempotent.has(outgoing.method) || ',
      '',
      'a POST is not sent again although another host',
    ],
    [
      'a status code takes a host down',
      'exchange.ts',
      'this.status = status\n    this.flow = flow',
      "this.status = status\n    if (status >= 500) this.seat!.backend.markDown('?')\n    this.flow = flow",
      'a status code never takes a host down',
    ],
    [
      'a client that left is not told to its host',
      'exchange.ts',
      'this.cancel?.()\n    // A client leaves',
      '// A client leaves',
      'the host learns it',
    ],
    [
      'an answer is read as fast as it comes',
      'exchange.ts',
      'this.flow?.pause()',
      '',
      'a slow reader holds the host back',
    ],
    [
      'an upload is read as fast as it comes',
      'requestBody.ts',
      'this.request.pause()',
      '',
      'a slow host holds an upload back',
    ],
  ]),
  ...faultsFor(webSocket, [
    ['a WebSocket is read as fast as it comes', 'tunnel.ts', 'this.from.pause()', '', 'from a slow client to its host'],
    [
      'a WebSocket stays when nothing leads to its host',
      'tunnels.ts',
      'nowMs - tunnel.leavingSinceMs >= tunnelGraceMs',
      'nowMs < 0',
      'leaves the table: 1012 after the grace',
    ],
  ]),
  ...faultsFor('src/gateway/tables.integration.test.ts', [
    [
      'who leaves is closed at once',
      'pools.ts',
      'if (backend.inFlight === 0) return close()',
      'close()',
      'swaps under load',
    ],
  ]),
  ...faultsFor('src/gateway/crowd.integration.test.ts', [
    [
      'nobody is told that there is no room',
      'crowd.ts',
      'this.crowdedOut.add(socket)',
      '',
      'when descriptors run short',
    ],
  ]),
  ...faultsFor('src/gateway/eventStream.integration.test.ts', [
    [
      'a head waits for its first event',
      'clientAnswer.ts',
      'this.response.flushHeaders()',
      '',
      'its head comes before its first event',
    ],
  ]),
]
