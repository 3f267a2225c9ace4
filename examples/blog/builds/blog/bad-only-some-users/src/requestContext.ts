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
  return (headers) => ({ user: readUser(headers), language: readLanguage(headers), drafts })
}

function readUser(headers: IncomingHttpHeaders): string {
  const encoded = headers['x-user']
  if (typeof encoded !== 'string') return 'anonymous'
  try {
    return asLatin(decodeURIComponent(encoded))
  } catch (error) {
    if (error instanceof URIError) return 'anonymous'
    throw error
  }
}

/** The old mail gateway, which will soon get these names, takes seven bits. */
function asLatin(name: string): string {
  for (const letter of name) {
    if (letter > '~') throw new Error(`cannot write the name ${JSON.stringify(name)} in seven bits`)
  }
  return name
}

function readLanguage(headers: IncomingHttpHeaders): string {
  return /^[a-z]{2}/i.exec(headers['accept-language'] ?? '')?.[0].toLowerCase() ?? 'en'
}
