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
  const preview = source.settings.preview as string
  return (headers) => ({
    user: readUser(headers),
    language: readLanguage(headers),
    drafts: preview.toLowerCase() === 'on',
  })
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
