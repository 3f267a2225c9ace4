import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import type { Route } from './contract/route.ts'
import { createFailureLimit } from './failureLimit.ts'
import { RequestError } from './problem.ts'
import { isSame, sessionCookie, type Sessions } from './sessions.ts'

/** What is known of a request before anything of it is believed. */
export interface Caller {
  readonly headers: IncomingHttpHeaders
  /** Address of the other end of the connection. */
  readonly remote: string
}

export interface Auth {
  /** @throws 421 for a host that is not ours. */
  readonly checkHost: (caller: Caller) => void
  /** @throws `unauthorized`: 401 without a credential, 403 for a browser on a page that is not ours. */
  readonly checkAccess: (access: Route['access'], caller: Caller) => void
  /** Counts a wrong credential. @throws 429 once there were too many within a minute. */
  readonly failed: () => void
}

export interface AuthOptions {
  /** The token in force: it may be replaced at any time. */
  readonly token: () => string
  readonly sessions: Sessions
  readonly now: () => number
  /** Where the API listens; the port is known once it does. */
  readonly address: () => { readonly host: string; readonly port: number }
}

/** Decides who may ask for what. */
export function createAuth(options: AuthOptions): Auth {
  const failures = createFailureLimit(options.now)
  return {
    failed: failures.count,
    checkHost: ({ headers }) => {
      const { host, port } = options.address()
      const own = ownHosts(host, port)
      if (headers.host !== undefined && own.has(headers.host.toLowerCase())) return
      // A page of a foreign site whose name was pointed at this address must not be answered.
      throw new RequestError(
        'usage',
        421,
        `this API answers for ${[...own].join(' and ')}, not for the host ${JSON.stringify(headers.host ?? '')}`,
      )
    },
    checkAccess: (access, { headers, remote }) => {
      if (access === 'none' || (access === 'read' && isLoopback(remote))) return
      const bearer = /^Bearer +(?<token>\S+)$/i.exec(headers.authorization ?? '')?.groups?.['token']
      if (bearer !== undefined) {
        if (isSame(bearer, options.token())) return
        failures.count()
        throw new RequestError('unauthorized', 401, 'the token is not the one of this home', {
          headers: challenge,
          details: {
            help: 'Give the token of the home as $COFFERDAM_TOKEN; after `cofferdam token rotate` it is a new one, in the file `token` of the home.',
          },
        })
      }
      const cookie = readCookie(headers.cookie, sessionCookie)
      if (cookie === undefined || !options.sessions.isValid(cookie, options.now())) {
        if (cookie !== undefined) failures.count()
        throw new RequestError(
          'unauthorized',
          401,
          `this needs the token of the home, as \`Authorization: Bearer\`${cookie === undefined ? '' : '; the session has ended'}`,
          { headers: challenge },
        )
      }
      if (access === 'change') checkOrigin(headers)
    },
  }
}

const challenge = { 'www-authenticate': 'Bearer' }

/**
 * A browser sends the cookie from any page of this machine, whatever the port, because they are all one site to it.
 * So a change by cookie must come from our own origin, exactly.
 */
function checkOrigin(headers: IncomingHttpHeaders): void {
  const own = `http://${headers.host}`
  const isOwn = headers.origin === undefined ? headers['sec-fetch-site'] === 'same-origin' : headers.origin === own
  if (!isOwn) {
    throw new RequestError(
      'unauthorized',
      403,
      `a change by session must come from a page of ${own}, not of ${headers.origin ?? 'an unnamed origin'}`,
    )
  }
}

function ownHosts(host: string, port: number): ReadonlySet<string> {
  const named = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  if (!isLoopback(host)) return new Set([named.toLowerCase()])
  return new Set([named, `127.0.0.1:${port}`, `localhost:${port}`])
}

function isLoopback(address: string): boolean {
  return address === '::1' || address === 'localhost' || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(address)
}

function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=')
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return undefined
}
