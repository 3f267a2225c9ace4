import { findKey, keyCookie, keyQuery, type FoundKey } from '../domain/routing/keys.ts'
import { readTarget } from '../domain/routing/normalisePath.ts'
import type { IndexedDoor } from '../domain/routing/routeIndex.ts'
import type { RequestHead } from './requestHead.ts'

/** A request that can be routed. */
export interface Admitted {
  readonly path: string
  /** With its `?`, or empty. */
  readonly query: string
  readonly host: string
  readonly key: FoundKey | undefined
}

export type Admission =
  | { readonly ok: true; readonly admitted: Admitted }
  | { readonly ok: false; readonly text: string }

function hostProblem(head: RequestHead, httpVersion: string): string | undefined {
  if (head.hosts > 1) return `the request has ${head.hosts} Host headers; allowed: one`
  if (head.hosts === 0 && httpVersion !== '1.0') return 'the request has no Host header; allowed: one'
  return undefined
}

/** Reads what the resolver needs, in the one reading that is also forwarded. */
export function admit(door: IndexedDoor, head: RequestHead, url: string, httpVersion: string): Admission {
  const problem = hostProblem(head, httpVersion)
  if (problem !== undefined) return { ok: false, text: problem }
  const target = readTarget(url)
  if (!target.ok) return target
  // RFC 9112, 3.2.2: the authority of an absolute form stands above the Host header.
  if (target.authority !== undefined) head.host = target.authority
  const host = head.hostName
  const key = findKey(
    {
      host,
      ...(head.key === undefined ? {} : { header: head.key }),
      ...(head.baggage === undefined ? {} : { baggage: head.baggage }),
      ...(head.cookie === undefined ? {} : { cookie: head.cookie }),
      ...(door.door.key === undefined ? {} : { door: door.door.key }),
    },
    door.environment,
  )
  return { ok: true, admitted: { path: target.path, query: target.query, host, key } }
}

/** Where a navigation with `?cofferdam-key=` is sent, and the cookie it gets; undefined for any other request. */
export interface KeyRedirect {
  readonly location: string
  readonly setCookie: string
}

export function keyRedirect(
  door: IndexedDoor,
  head: RequestHead,
  method: string,
  admitted: Admitted,
): KeyRedirect | undefined {
  if (door.door.kind !== 'front' || method !== 'GET' || !admitted.query.includes(`${keyQuery}=`)) return undefined
  const isNavigation =
    head.fetchMode === undefined ? (head.accept ?? '').includes('text/html') : head.fetchMode === 'navigate'
  if (!isNavigation) return undefined
  const parts = admitted.query.slice(1).split('&')
  const given = parts.find((part) => part.startsWith(`${keyQuery}=`))
  if (given === undefined) return undefined
  const key = given.slice(keyQuery.length + 1)
  const rest = parts.filter((part) => !part.startsWith(`${keyQuery}=`)).join('&')
  // A path that begins with `//` would send the browser to another site.
  const path = admitted.path.startsWith('//') ? `/.${admitted.path}` : admitted.path
  const isKnown = /^[\w.-]{1,64}$/.test(key) && door.environment.keys.has(key)
  return {
    location: rest === '' ? path : `${path}?${rest}`,
    setCookie: isKnown
      ? `${keyCookie}=${key}; Path=/; HttpOnly; SameSite=Lax`
      : `${keyCookie}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`,
  }
}
