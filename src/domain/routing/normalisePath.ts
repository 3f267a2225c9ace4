const percent = 0x25

function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  if (code >= 0x41 && code <= 0x46) return code - 0x37
  if (code >= 0x61 && code <= 0x66) return code - 0x57
  return -1
}

/** RFC 3986, 2.3: a percent-encoded one of these means the same as the character itself. */
function isUnreserved(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x5f ||
    code === 0x7e
  )
}

function decodeUnreserved(path: string): string {
  let decoded = ''
  let from = 0
  for (let i = path.indexOf('%'); i !== -1 && i + 2 < path.length; i = path.indexOf('%', i + 1)) {
    if (path.charCodeAt(i) !== percent) break
    const high = hexValue(path.charCodeAt(i + 1))
    const low = hexValue(path.charCodeAt(i + 2))
    const code = high < 0 || low < 0 ? -1 : high * 16 + low
    if (isUnreserved(code)) {
      decoded += path.slice(from, i) + String.fromCharCode(code)
      from = i + 3
    }
  }
  return from === 0 ? path : decoded + path.slice(from)
}

/** RFC 3986, 5.2.4, for a path that begins with `/`: never climbs above the root. */
function removeDotSegments(path: string): string {
  const kept: string[] = []
  const segments = path.slice(1).split('/')
  for (let i = 0; i < segments.length; i += 1) {
    const segment = segments[i]!
    const isLast = i === segments.length - 1
    if (segment === '.' || segment === '..') {
      if (segment === '..') kept.pop()
      // `/a/..` names the folder, as `/a/../` does.
      if (isLast) kept.push('')
    } else {
      kept.push(segment)
    }
  }
  return `/${kept.join('/')}`
}

/**
 * The one reading of a path, used for routing and for forwarding alike: dot segments resolved (also written as
 * `%2e`), encoded letters, digits and `-._~` decoded; everything else, `%2F` included, is data and stays as it is.
 * Idempotent.
 * @param path a path without query that begins with `/`.
 */
export function normalisePath(path: string): string {
  const decoded = path.includes('%') ? decodeUnreserved(path) : path
  return decoded.includes('/.') ? removeDotSegments(decoded) : decoded
}

export type Target =
  | { readonly ok: true; readonly path: string; readonly query: string; readonly authority?: string }
  | { readonly ok: false; readonly text: string }

function splitAuthority(target: string): { authority: string; rest: string } | undefined {
  const match = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target)
  if (match === null) return undefined
  const rest = match[2]!
  return { authority: match[1]!, rest: rest.startsWith('/') ? rest : `/${rest}` }
}

/**
 * Reads a request target: origin form (`/a?b`) or absolute form (`http://host/a?b`).
 * `#` and `\` are refused: the next reader may take them for the end of the path and for `/`.
 * @returns the normalised path, and the query with its `?` (empty when there is none).
 */
export function readTarget(target: string): Target {
  const absolute = target.charCodeAt(0) === 0x2f ? undefined : splitAuthority(target)
  const rest = absolute === undefined ? target : absolute.rest
  if (rest.charCodeAt(0) !== 0x2f) {
    return {
      ok: false,
      text: `the request target is "${target.slice(0, 100)}"; allowed: a path that begins with "/", or http://HOST/PATH`,
    }
  }
  if (rest.includes('#') || rest.includes('\\')) {
    return { ok: false, text: 'the request target has "#" or "\\" in it; allowed there: as %23 and %5C' }
  }
  const at = rest.indexOf('?')
  const path = normalisePath(at === -1 ? rest : rest.slice(0, at))
  const query = at === -1 ? '' : rest.slice(at)
  return absolute === undefined ? { ok: true, path, query } : { ok: true, path, query, authority: absolute.authority }
}
