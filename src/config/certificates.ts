import { dirname, resolve } from 'node:path'
import { readPair } from '../certificates/readPair.ts'
import { isMap } from './fields.ts'
import { isServerName } from './frontSchema.ts'
import type { Finding, Path } from './problem.ts'
import { valueAt } from './schemaFindings.ts'

/**
 * Certificates of front doors that a server cannot be run with: a file that is missing or is something else, a key of
 * another certificate, one that is out of its time or does not cover a name. Of each the first mistake.
 * @param file absolute path of the organisation's file, from which paths start.
 */
export async function findBadCertificates(data: unknown, file: string, nowMs: number): Promise<Finding[]> {
  const findings: Finding[] = []
  const environments = valueAt(data, ['environments'])
  if (!isMap(environments)) return findings
  for (const environment of Object.keys(environments)) {
    const list = ['environments', environment, 'front', 'tls']
    const pairs = valueAt(data, list)
    if (!Array.isArray(pairs)) continue
    for (const [at, pair] of pairs.entries()) {
      const finding = await findBadPair(pair, [...list, at], file, nowMs)
      if (finding !== undefined) findings.push(finding)
    }
  }
  return findings
}

async function findBadPair(pair: unknown, path: Path, file: string, nowMs: number): Promise<Finding | undefined> {
  if (!isMap(pair)) return undefined
  const { certificate, key, names } = pair
  // Mistakes of form are found by the schema.
  if (!isPath(certificate) || !isPath(key) || !Array.isArray(names)) return undefined
  const folder = dirname(file)
  // One wrong name is one problem, and the others are asked about once it is right.
  const texts = names.every(isServerName) ? names : []
  const files = { certificate: resolve(folder, certificate), key: resolve(folder, key), names: texts }
  const read = await readPair(files, nowMs)
  if (read.ok) return undefined
  const { about, at, says, allowed } = read.problem
  const place = about === 'names' && at !== undefined ? [...path, about, at] : [...path, about]
  return { path: place, value: valueAt(pair, place.slice(path.length)), says, allowed }
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && !value.includes('\0')
}
