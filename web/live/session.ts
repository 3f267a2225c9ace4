import { ApiError, postChange } from './request.ts'
import { createValueStore } from './valueStore.ts'

const storageKey = 'cofferdam.session'

/** What this browser may do. The cookie itself is invisible to scripts; this is only what we were told of it. */
export type Session = { readonly kind: 'in'; readonly untilMs: number } | { readonly kind: 'out'; readonly why: string }

const never = 'This browser only looks on: changes need a login'

export const session = createValueStore<Session>(readStored())

/** Trades the one-time code in the address for a session, and takes the code out of the address before anything else. */
export async function takeLoginFromAddress(): Promise<void> {
  const code = /^#login=(?<code>[\w-]+)$/.exec(location.hash)?.groups?.['code']
  if (code === undefined) return
  history.replaceState(null, '', location.pathname + location.search)
  try {
    const { expiresAt } = await postChange<{ expiresAt: string }>('/session', { code })
    write(Date.parse(expiresAt))
  } catch (error) {
    const why = error instanceof ApiError ? error.message : 'the login did not work'
    session.set({ kind: 'out', why: `Not logged in: ${why}` })
  }
}

/** The API refused for want of a login: from now on actions say so. */
export function noteRefusal(error: unknown): void {
  if (!(error instanceof ApiError) || error.status !== 401) return
  localStorage.removeItem(storageKey)
  session.set({ kind: 'out', why: 'The login has expired' })
}

function write(untilMs: number): void {
  localStorage.setItem(storageKey, String(untilMs))
  session.set({ kind: 'in', untilMs })
}

function readStored(): Session {
  const untilMs = Number(localStorage.getItem(storageKey))
  return untilMs > Date.now() ? { kind: 'in', untilMs } : { kind: 'out', why: never }
}
