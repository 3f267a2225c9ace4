import { apiBase } from '../contract/routes.ts'
import type { Handlers } from '../handler.ts'
import { RequestError } from '../problem.ts'
import { sessionCookie, type Sessions } from '../sessions.ts'

export interface SessionPorts {
  readonly sessions: Sessions
  readonly now: () => number
  /** Address of the API as a browser reaches it. */
  readonly url: () => string
  /** Counts a wrong code. @throws 429 once there were too many. */
  readonly failed: () => void
}

export function createSessionRoutes({
  sessions,
  now,
  url,
  failed,
}: SessionPorts): Handlers<'startSessionCode' | 'startSession'> {
  return {
    startSessionCode: async () => {
      const { code, expiresAtMs } = sessions.makeCode(now())
      // In the fragment it is sent to no server and stands in no log.
      const body = { code, url: `${url()}/#login=${code}`, expiresAt: new Date(expiresAtMs).toISOString() }
      return { status: 201, body }
    },
    startSession: async ({ body }) => {
      const session = sessions.trade(body.code, now())
      if (session === undefined) {
        failed()
        throw new RequestError('unauthorized', 401, 'the code is unknown, used or older than two minutes', {
          details: { help: 'Get a new one with `cofferdam login`.' },
        })
      }
      const maxAge = Math.floor((session.expiresAtMs - now()) / 1_000)
      // Cookies know no ports: the path keeps it from what other programs of this machine serve.
      const cookie = `${sessionCookie}=${session.cookie}; HttpOnly; SameSite=Strict; Path=${apiBase}; Max-Age=${maxAge}`
      return {
        status: 200,
        headers: { 'set-cookie': cookie },
        body: { expiresAt: new Date(session.expiresAtMs).toISOString() },
      }
    },
  }
}
