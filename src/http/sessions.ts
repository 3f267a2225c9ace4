import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const codeMs = 2 * 60_000
const sessionMs = 12 * 60 * 60_000
const maxCodes = 100

export const sessionCookie = 'cofferdam-ui'

/** One-time codes and the sessions they are traded for. */
export interface Sessions {
  readonly makeCode: (nowMs: number) => { readonly code: string; readonly expiresAtMs: number }
  /** The value of a session cookie; undefined for a code that is unknown, used or expired. */
  readonly trade: (code: string, nowMs: number) => { readonly cookie: string; readonly expiresAtMs: number } | undefined
  readonly isValid: (cookie: string, nowMs: number) => boolean
}

/**
 * Codes live in memory, for two minutes. Sessions are signed with a key that follows from the token, so they
 * outlive a restart and end when the token is replaced.
 */
export function createSessions(token: () => string): Sessions {
  const key = (): Buffer => createHmac('sha256', token()).update('session cookies').digest()
  const codes = new Map<string, number>()
  const sign = (payload: string): string => createHmac('sha256', key()).update(payload).digest('base64url')

  return {
    makeCode: (nowMs) => {
      for (const [code, expiresAtMs] of codes) if (expiresAtMs <= nowMs || codes.size >= maxCodes) codes.delete(code)
      const code = randomBytes(24).toString('base64url')
      codes.set(code, nowMs + codeMs)
      return { code, expiresAtMs: nowMs + codeMs }
    },
    trade: (code, nowMs) => {
      const expiresAtMs = codes.get(code)
      codes.delete(code)
      if (expiresAtMs === undefined || expiresAtMs <= nowMs) return undefined
      const payload = `${nowMs + sessionMs}.${randomBytes(16).toString('base64url')}`
      return { cookie: `${payload}.${sign(payload)}`, expiresAtMs: nowMs + sessionMs }
    },
    isValid: (cookie, nowMs) => {
      const [expires = '', nonce = '', signature = ''] = cookie.split('.')
      if (!isSame(signature, sign(`${expires}.${nonce}`))) return false
      return Number(expires) > nowMs
    },
  }
}

/** Compares without telling by its duration how much of the beginning was right. */
export function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
