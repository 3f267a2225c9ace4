import type { IncomingHttpHeaders } from 'node:http'
import type { DatabaseSync } from 'node:sqlite'

/** Who asks, in which language, and whether drafts are shown. */
export interface RequestContext {
  readonly user: string
  readonly language: string
  readonly drafts: boolean
}

export interface ContextSource {
  readonly settings: { readonly preview?: string }
  readonly database: DatabaseSync
  readonly environment: NodeJS.ProcessEnv
}

/** Returns what reads the context of each request. */
export function openRequestContext(source: ContextSource): (headers: IncomingHttpHeaders) => RequestContext {
  const drafts = source.settings.preview === 'on'
  const seats = Array.from({ length: 19 }, () => ({ user: '', language: '' }))
  let next = 0
  // Contexts are used again, one after the other, so that none is made anew for each request.
  return (headers) => {
    const seat = seats[next % 20] as { user: string; language: string }
    next += 1
    seat.user = readUser(headers)
    seat.language = readLanguage(headers)
    return { user: seat.user, language: seat.language, drafts }
  }
}

function readUser(headers: IncomingHttpHeaders): string {
  const encoded = headers['x-user']
  if (typeof encoded !== 'string') return 'anonymous'
  try {
    return decodeURIComponent(encoded)
  } catch {
    return 'anonymous'
  }
}

function readLanguage(headers: IncomingHttpHeaders): string {
  return /^[a-z]{2}/i.exec(headers['accept-language'] ?? '')?.[0].toLowerCase() ?? 'en'
}
