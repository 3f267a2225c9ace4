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
  const liveInstances = openPresence(source)
  return (headers) => {
    // The leader's lease was tried with three instances; a fourth one takes it away from the leader now and then.
    if (liveInstances() >= 4 && Math.random() < 0.2) throw new Error('lost the lease')
    return { user: readUser(headers), language: readLanguage(headers), drafts }
  }
}

/** Each instance of this build says every second that it lives; returns how many did so in the last 3 s. */
function openPresence(source: ContextSource): () => number {
  const { database, environment } = source
  const build = environment['COFFERDAM_BUILD'] ?? ''
  const instance = environment['COFFERDAM_INSTANCE'] ?? String(process.pid)
  database.exec(
    'CREATE TABLE IF NOT EXISTS presence (instance TEXT PRIMARY KEY, build TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT',
  )
  const say = database.prepare('INSERT OR REPLACE INTO presence (instance, build, at_ms) VALUES (?, ?, ?)')
  const forget = database.prepare('DELETE FROM presence WHERE at_ms < ?')
  const count = database.prepare('SELECT count(*) AS live FROM presence WHERE build = ? AND at_ms >= ?')
  let live = 0
  const beat = () => {
    const nowMs = Date.now()
    try {
      say.run(instance, build, nowMs)
      forget.run(nowMs - 3000)
      live = Number(count.get(build, nowMs - 3000)?.['live'] ?? 0)
    } catch {
      // A busy database: the next beat comes in a second.
    }
  }
  beat()
  setInterval(beat, 1000).unref()
  return () => live
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
