import type { IndexedEnvironment } from './routeIndex.ts'

/** Where a request may carry a key; what is absent is left out. */
export interface KeySources {
  /** `x-cofferdam-key`. */
  readonly header?: string
  /** The whole `baggage` value. */
  readonly baggage?: string
  /** The whole `cookie` value. */
  readonly cookie?: string
  /** Host name in lower case, without port. */
  readonly host?: string
  /** The door's own key. */
  readonly door?: string
}

export interface FoundKey {
  readonly key: string
  readonly source: 'header' | 'baggage' | 'cookie' | 'host' | 'door'
}

export const keyHeader = 'x-cofferdam-key'
export const keyBaggageMember = 'cofferdam.key'
export const keyCookie = 'cofferdam-key'
export const keyQuery = 'cofferdam-key'
export const sessionCookie = 'cofferdam-session'

/** The value of a cookie, or undefined; the first of several. */
export function cookieValue(cookies: string, name: string): string | undefined {
  let at = cookies.indexOf(name)
  while (at !== -1) {
    const before = at === 0 ? ';' : cookies[at - 1]
    const end = at + name.length
    if (cookies[end] === '=' && (before === ';' || before === ' ')) {
      const stop = cookies.indexOf(';', end)
      return cookies.slice(end + 1, stop === -1 ? undefined : stop).trim()
    }
    at = cookies.indexOf(name, end)
  }
  return undefined
}

/** The value of a `baggage` member (W3C Baggage), percent-decoded; undefined when it is not there or not readable. */
export function baggageValue(baggage: string, member: string): string | undefined {
  if (!baggage.includes(member)) return undefined
  for (const part of baggage.split(',')) {
    const pair = part.split(';', 1)[0]!
    const at = pair.indexOf('=')
    if (at !== -1 && pair.slice(0, at).trim() === member) return decode(pair.slice(at + 1).trim())
  }
  return undefined
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}

/** `baggage` with the member set to `key`, everything else kept; with undefined, the member is taken out. */
export function withBaggageKey(baggage: string | undefined, key: string | undefined): string | undefined {
  const others = (baggage ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part.split(/[=;]/, 1)[0]!.trim() !== keyBaggageMember)
  const members = key === undefined ? others : [`${keyBaggageMember}=${encodeURIComponent(key)}`, ...others]
  return members.length === 0 ? undefined : members.join(',')
}

/** `<service>--<key>.…` when the service is known, `<key>.…` when the key is: any other host name carries no key. */
function hostKey(host: string, environment: IndexedEnvironment): string | undefined {
  const dot = host.indexOf('.')
  if (dot <= 0) return undefined
  const label = host.slice(0, dot)
  const dashes = label.lastIndexOf('--')
  if (dashes > 0 && isKnownService(label.slice(0, dashes), environment)) return label.slice(dashes + 2)
  return environment.keys.has(label) ? label : undefined
}

function isKnownService(name: string, environment: IndexedEnvironment): boolean {
  if (environment.servicesByName.has(name)) return true
  return environment.base === undefined ? false : isKnownService(name, environment.base.environment)
}

/** The first key that a request carries, in the order header, baggage, cookie, host, door; known or not. */
export function findKey(sources: KeySources, environment: IndexedEnvironment): FoundKey | undefined {
  if (sources.header !== undefined && sources.header !== '') return { key: sources.header, source: 'header' }
  const baggage = sources.baggage === undefined ? undefined : baggageValue(sources.baggage, keyBaggageMember)
  if (baggage !== undefined && baggage !== '') return { key: baggage, source: 'baggage' }
  const cookie = sources.cookie === undefined ? undefined : cookieValue(sources.cookie, keyCookie)
  if (cookie !== undefined && cookie !== '') return { key: cookie, source: 'cookie' }
  const host = sources.host === undefined ? undefined : hostKey(sources.host, environment)
  if (host !== undefined && host !== '') return { key: host, source: 'host' }
  return sources.door === undefined ? undefined : { key: sources.door, source: 'door' }
}
