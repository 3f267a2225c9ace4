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

// RFC 3986, 3.2.2, without percent-encoding and commas: the next reader may take those for another name, or for two.
const wellFormedHost = /^(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+;=-]*)(?::(\d{0,5}))?$/

function hostProblem(host: string): string | undefined {
  const match = wellFormedHost.exec(host)
  if (match === null || Number(match[1] ?? '0') > 65_535)
    return `the host is ${JSON.stringify(host.slice(0, 100))}; allowed: NAME, NAME:PORT, [IPv6] or [IPv6]:PORT`
  return undefined
}

/** What is wrong with version, hosts or framing: whatever two readers could read in two ways. */
function headProblem(head: RequestHead, httpVersion: string): string | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return `the version is HTTP/${httpVersion}; allowed: 1.1 and 1.0`
  if (head.hosts > 1) return `the request has ${head.hosts} Host headers; allowed: one`
  if (head.hosts === 0 && httpVersion !== '1.0') return 'the request has no Host header; allowed: one'
  const { codings, contentLength } = head
  if (codings !== undefined) {
    if (codings.toLowerCase() !== 'chunked')
      return `Transfer-Encoding is ${JSON.stringify(codings.slice(0, 100))}; allowed: chunked`
    if (httpVersion === '1.0') return 'HTTP/1.0 has no Transfer-Encoding; allowed: Content-Length'
    if (contentLength !== undefined) return 'the request has both Content-Length and Transfer-Encoding; allowed: one'
  }
  if (contentLength !== undefined && !(/^\d+$/.test(contentLength) && Number.isSafeInteger(Number(contentLength))))
    return `Content-Length is ${JSON.stringify(contentLength.slice(0, 100))}; allowed: one whole number`
  return undefined
}

/** Reads what the resolver needs, in the one reading that is also forwarded. */
export function admit(door: IndexedDoor, head: RequestHead, url: string, httpVersion: string): Admission {
  const problem = headProblem(head, httpVersion)
  if (problem !== undefined) return { ok: false, text: problem }
  const target = readTarget(url)
  if (!target.ok) return target
  if (target.authority === '') return { ok: false, text: 'the request target names no host; allowed: http://HOST/PATH' }
  const wrongHost = hostProblem(head.host ?? '') ?? hostProblem(target.authority ?? '')
  if (wrongHost !== undefined) return { ok: false, text: wrongHost }
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
  const attributes = `HttpOnly; SameSite=Lax${head.isSecure ? '; Secure' : ''}`
  return {
    location: rest === '' ? path : `${path}?${rest}`,
    setCookie: isKnown
      ? `${keyCookie}=${key}; Path=/; ${attributes}`
      : `${keyCookie}=; Path=/; Max-Age=0; ${attributes}`,
  }
}
