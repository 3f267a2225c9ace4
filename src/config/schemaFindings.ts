import type { z } from 'zod'
import { configSchema } from './configSchema.ts'
import type { Refusal } from './fields.ts'
import { nearest } from '../domain/nearest.ts'
import { quoteValue, type Finding, type Path } from './problem.ts'

type Issue = z.core.$ZodIssue

/** What the schema says about a file, and the file as it was probably meant, for the checks that follow. */
export interface SchemaFindings {
  readonly findings: readonly Finding[]
  /** The data with misspelt keys and wrong names replaced and unknown keys left out, so that one slip is not followed by others. */
  readonly repaired: unknown
  /** Paths in `repaired` that already have a finding. */
  readonly judged: readonly Path[]
  /** Paths of maps in `repaired` that had unknown keys: what should stand there is not certain. */
  readonly uncertain: readonly Path[]
  /** A path in `repaired` as the file has it. */
  readonly written: (path: Path) => Path
}

/** More than the schema is deep: each round repairs at least one level, of keys and then of names. */
const maxRounds = 20

/** All mistakes that the schema alone can see. */
export function findSchemaMistakes(data: unknown): SchemaFindings {
  const findings: Finding[] = []
  const uncertain: Path[] = []
  // Path in the repaired data → the key that stands there in the file.
  const renames = new Map<string, string>()
  const written = (path: Path) => writtenPath(path, renames)
  let repaired = data
  for (let round = 0; ; round++) {
    const result = configSchema.safeParse(repaired)
    const issues = result.success ? [] : result.error.issues
    const repairs = round < maxRounds ? [...findRepairs(issues, repaired)] : []
    if (repairs.length === 0) {
      const judged = issues.map((issue) => issue.path as Path)
      findings.push(...issues.map((issue) => withPath(toFinding(issue, repaired), written)))
      return { findings, repaired, judged, uncertain, written }
    }
    for (const { map, certain, found } of repairs) {
      findings.push(...found.map((finding) => withPath(finding, written)))
      if (!certain) uncertain.push(map)
    }
    for (const { map, keys } of repairs) {
      repaired = replaceKeys(repaired, map, keys)
      for (const [from, to] of keys) if (to !== undefined) renames.set(JSON.stringify([...map, to]), from)
    }
  }
}

/** What one map needs so that its contents can be judged: each of these keys renamed, or left out. */
interface Repair {
  readonly map: Path
  readonly certain: boolean
  readonly found: readonly Finding[]
  readonly keys: ReadonlyMap<string, string | undefined>
}

function* findRepairs(issues: readonly Issue[], data: unknown): Generator<Repair> {
  const names = issues.filter((issue) => issue.code === 'invalid_key' && isReplaceable(issue.path as Path))
  for (const map of distinct(names.map((issue) => issue.path.slice(0, -1) as Path))) {
    const taken = new Set(Object.keys(valueAt(data, map) as object))
    const found: Finding[] = []
    const keys = new Map<string, string>()
    for (const issue of names.filter(
      ({ path }) => path.length === map.length + 1 && map.every((part, i) => part === path[i]),
    )) {
      const meant = freeName(refusalOf(issue)?.nearest ?? 'unnamed', taken)
      taken.add(meant)
      keys.set(String(issue.path.at(-1)), meant)
      found.push(toFinding(issue, data))
    }
    yield { map, certain: true, found, keys }
  }
  for (const issue of issues) if (issue.code === 'unrecognized_keys') yield repairUnknownKeys(issue, data)
}

function repairUnknownKeys(issue: Extract<Issue, { code: 'unrecognized_keys' }>, data: unknown): Repair {
  const map = issue.path as Path
  const known = issue.message.split(', ')
  const taken = new Set(Object.keys(valueAt(data, map) as object))
  const found: Finding[] = []
  const keys = new Map<string, string | undefined>()
  for (const key of issue.keys) {
    const free = known.filter((word) => !taken.has(word))
    const meant = nearest(key, free)
    if (meant !== undefined) taken.add(meant)
    keys.set(key, meant)
    found.push({
      path: [...map, key],
      value: key,
      allowed: issue.message,
      says: 'is no known key',
      atKey: true,
      ...optional(meant ?? nearest(key, known)),
    })
  }
  return { map, certain: false, found, keys }
}

function distinct(paths: readonly Path[]): Path[] {
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()]
}

function withPath(finding: Finding, written: (path: Path) => Path): Finding {
  return { ...finding, path: written(finding.path) }
}

/** What stands at a path; undefined when nothing does. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string | number, unknown>)[part]
  }
  return value
}

/** Names of services, environments, stores and tests: under a right name, what they contain can be judged, too. */
function isReplaceable(path: Path): boolean {
  return path.length === 2 || (path.length === 4 && (path[2] === 'data' || path[2] === 'tests'))
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let free = wanted
  for (let n = 2; taken.has(free); n++) free = `${wanted.slice(0, 32)}-${n}`
  return free
}

function toFinding(issue: Issue, data: unknown): Finding {
  const path = issue.path as Path
  const value = valueAt(data, path)
  const refusal = refusalOf(issue)
  const missing = value === undefined
  if (issue.code === 'invalid_key') {
    const key = String(path.at(-1))
    const says = `${refusal?.says ?? 'is no name'}, \`${key}\``
    return {
      path,
      value: key,
      allowed: refusal?.allowed ?? issue.message,
      says,
      atKey: true,
      ...optional(refusal?.nearest),
    }
  }
  const says = missing ? 'is missing' : `${refusal?.says ?? 'is wrong'}, ${quoteValue(path, value)}`
  return { path, value, allowed: issue.message, says, ...(missing ? {} : optional(refusal?.nearest)) }
}

function refusalOf(issue: Issue): Refusal | undefined {
  if (issue.code === 'invalid_key') return issue.issues.map(refusalOf).find((one) => one !== undefined)
  return issue.code === 'custom' ? (issue.params?.['refusal'] as Refusal | undefined) : undefined
}

function optional(meant: string | undefined): { nearest?: string } {
  return meant === undefined ? {} : { nearest: meant }
}

function writtenPath(path: Path, renames: ReadonlyMap<string, string>): Path {
  if (renames.size === 0) return path
  return path.map((part, depth) => renames.get(JSON.stringify(path.slice(0, depth + 1))) ?? part)
}

function replaceKeys(data: unknown, [part, ...rest]: Path, keys: Repair['keys']): unknown {
  if (part !== undefined) {
    if (Array.isArray(data)) return data.map((item, i) => (i === part ? replaceKeys(item, rest, keys) : item))
    const record = data as Record<string, unknown>
    return { ...record, [part]: replaceKeys(record[part], rest, keys) }
  }
  const entries = Object.entries(data as Record<string, unknown>).flatMap(([name, value]): [string, unknown][] => {
    if (!keys.has(name)) return [[name, value]]
    const meant = keys.get(name)
    return meant === undefined ? [] : [[meant, value]]
  })
  return Object.fromEntries(entries)
}
