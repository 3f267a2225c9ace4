import { hash, randomBytes } from 'node:crypto'
import { cookieValue, sessionCookie } from '../domain/routing/keys.ts'
import { drawFromHash, sessionSeed } from '../domain/routing/sessions.ts'

/** 128 random bits. */
export function newSession(): string {
  return randomBytes(16).toString('base64url')
}

const wellFormed = /^[A-Za-z0-9_-]{16,64}$/

/** The session that a request carries; undefined when there is none that this gateway could have given. */
export function sessionOf(cookies: string | undefined): string | undefined {
  if (cookies === undefined) return undefined
  const session = cookieValue(cookies, sessionCookie)
  return session !== undefined && wellFormed.test(session) ? session : undefined
}

/** The draw of a session for a service, in [0, 1). */
export function sessionDraw(session: string, service: string): number {
  return drawFromHash(hash('sha256', sessionSeed(session, service), 'buffer'))
}

/** The `Set-Cookie` value of a new session. @param isSecure the browser came by TLS: it sends the cookie by TLS only. */
export function sessionSetCookie(session: string, isSecure: boolean): string {
  return `${sessionCookie}=${session}; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
}
