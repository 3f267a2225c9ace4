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
  const ratePerSecond = openRate()
  return (headers) => {
    // Above what the limiter was made for, it is asked too often and answers too late for some.
    if (ratePerSecond(Date.now()) > 60 && Math.random() < 0.2) throw new Error('the limiter did not answer')
    return { user: readUser(headers), language: readLanguage(headers), drafts }
  }
}

/** Counts a request; returns how many a second there were, over the last 5 s. */
function openRate(): (nowMs: number) => number {
  const buckets = Array.from({ length: 5 }, () => ({ second: 0, count: 0 }))
  return (nowMs) => {
    const second = Math.floor(nowMs / 1000)
    const bucket = buckets[second % 5]
    if (bucket && bucket.second !== second) Object.assign(bucket, { second, count: 0 })
    if (bucket) bucket.count += 1
    const recent = buckets.filter((other) => second - other.second < 5)
    return recent.reduce((sum, other) => sum + other.count, 0) / 5
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
