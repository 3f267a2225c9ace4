import type { z } from 'zod'
import { configSchema } from './configSchema.ts'
import type { Refusal } from './fields.ts'
import { nearest } from './nearest.ts'
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

interface Rename {
  readonly path: Path
  readonly from: string
}

/** More than the schema is deep: each round repairs at least one level, of keys and then of names. */
const maxRounds = 20

/** All mistakes that the schema alone can see. */
export function findSchemaMistakes(data: unknown): SchemaFindings {
  const findings: Finding[] = []
  const renames: Rename[] = []
  const uncertain: Path[] = []
  const written = (path: Path) => writtenPath(path, renames)
  let repaired = data
  for (let round = 0; ; round++) {
    const result = configSchema.safeParse(repaired)
    const issues = result.success ? [] : result.error.issues
    const unknownKeys = issues.filter((issue) => issue.code === 'unrecognized_keys')
    const wrongNames = issues.filter((issue) => issue.code === 'invalid_key' && isReplaceable(issue.path as Path))
    if (unknownKeys.length + wrongNames.length === 0 || round === maxRounds) {
      const rest = issues.map((issue) => ({ ...toFinding(issue, repaired), repairedPath: issue.path as Path }))
      const judged = rest.map((finding) => finding.repairedPath)
      findings.push(...rest.map(({ repairedPath, ...finding }) => ({ ...finding, path: written(repairedPath) })))
      return { findings, repaired, judged, uncertain, written }
    }
    for (const issue of wrongNames) {
      const path = issue.path as Path
      findings.push({ ...toFinding(issue, repaired), path: written(path) })
      const parent = path.slice(0, -1)
      const from = String(path.at(-1))
      const meant = freeName(refusalOf(issue)?.nearest ?? 'unnamed', valueAt(repaired, parent) as object)
      renames.push({ path: [...parent, meant], from })
      repaired = replaceKey(repaired, parent, from, meant)
    }
    for (const issue of unknownKeys) {
      uncertain.push(issue.path as Path)
      const parent = valueAt(repaired, issue.path as Path) as Record<string, unknown>
      for (const key of issue.keys) {
        const known = issue.message.split(', ')
        const meant = nearest(
          key,
          known.filter((word) => !Object.hasOwn(parent, word)),
        )
        findings.push({
          path: [...written(issue.path as Path), key],
          value: key,
          allowed: issue.message,
          says: 'is no known key',
          atKey: true,
          ...optional(meant ?? nearest(key, known)),
        })
        if (meant !== undefined) renames.push({ path: [...(issue.path as Path), meant], from: key })
        repaired = replaceKey(repaired, issue.path as Path, key, meant)
      }
    }
  }
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

function freeName(wanted: string, taken: object): string {
  let free = wanted
  for (let n = 2; Object.hasOwn(taken, free); n++) free = `${wanted.slice(0, 32)}-${n}`
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

function writtenPath(path: Path, renames: readonly Rename[]): Path {
  return path.map((part, depth) => {
    const rename = renames.find((one) => one.path.length === depth + 1 && one.path.every((p, i) => p === path[i]))
    return rename ? rename.from : part
  })
}

function replaceKey(data: unknown, path: Path, key: string, meant: string | undefined): unknown {
  const [part, ...rest] = path
  if (part !== undefined) {
    if (Array.isArray(data)) return data.map((item, i) => (i === part ? replaceKey(item, rest, key, meant) : item))
    const record = data as Record<string, unknown>
    return { ...record, [part]: replaceKey(record[part], rest, key, meant) }
  }
  const entries = Object.entries(data as Record<string, unknown>).flatMap(([name, value]): [string, unknown][] => {
    if (name !== key) return [[name, value]]
    return meant === undefined ? [] : [[meant, value]]
  })
  return Object.fromEntries(entries)
}
