import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Finding, Path } from './problem.ts'
import { readYaml, type Position, type YamlFile } from './yamlFile.ts'

/** One megabyte: far more than a person writes. */
export const maxFileBytes = 1_048_576
const maxServiceFiles = 500

/** A mistake, and the file and place it stands at. */
export interface PlacedFinding {
  readonly finding: Finding
  readonly file: string
  readonly position?: Position
}

/** The organisation's file and the service files that it names, as one piece of data. */
export interface SourceFiles {
  /** Absolute path of the organisation's file. */
  readonly path: string
  readonly files: readonly { readonly path: string; readonly text: string }[]
  readonly data: unknown
  /** Mistakes that are about a file itself, and the paths of which nothing more can be said. */
  readonly findings: readonly PlacedFinding[]
  readonly unreadable: readonly Path[]
  readonly place: (finding: Finding) => PlacedFinding
  /** The folder of the file that a service stands in. */
  readonly folderOf: (service: string) => string
}

interface ServiceFile {
  readonly path: string
  readonly text: string
  readonly yaml: YamlFile
}

type TextReading = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string }

/** Reads text of bounded size. Never throws: why it cannot be read is the answer. */
export async function readText(path: string): Promise<TextReading> {
  try {
    const status = await stat(path)
    if (!status.isFile()) return { ok: false, why: 'is no file' }
    if (status.size > maxFileBytes) return { ok: false, why: `has ${status.size} bytes` }
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const known: Record<string, string> = {
      ENOENT: 'does not exist',
      EISDIR: 'is a folder',
      EACCES: 'may not be read',
      ENOTDIR: 'does not exist',
      ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8',
    }
    return { ok: false, why: known[code] ?? `cannot be read (${code})` }
  }
}

/** Parses the organisation's file and reads the files of services that it names. */
export async function readSourceFiles(text: string, path: string): Promise<SourceFiles> {
  const main = readYaml(text)
  if (!main.ok) {
    const finding = { path: [], allowed: 'YAML 1.2', says: `is no YAML, ${main.why}` }
    return single(path, text, { finding, file: path, ...(main.position && { position: main.position }) })
  }
  const findings: PlacedFinding[] = []
  const unreadable: Path[] = []
  const services = new Map<string, ServiceFile>()
  const data = await inlineServices(main.file.data, async (service, reference) => {
    const read = await readServiceFile(resolve(dirname(path), reference), services.size)
    if (read.ok) {
      services.set(service, read.file)
      return read.file.yaml.data
    }
    const finding = {
      path: ['services', service],
      value: reference,
      allowed: 'a file with the content of one service',
      says: read.why,
    }
    const at = read.position ? { file: read.path, position: read.position } : placeIn(path, main.file, finding)
    findings.push({ finding, ...at })
    unreadable.push(finding.path)
    return reference
  })
  const place = (finding: Finding): PlacedFinding => {
    const [part, service = '', ...rest] = finding.path
    const own = part === 'services' ? services.get(String(service)) : undefined
    if (own === undefined || (rest.length === 0 && finding.atKey))
      return { finding, ...placeIn(path, main.file, finding) }
    return { finding, ...placeIn(own.path, own.yaml, { ...finding, path: rest }) }
  }
  findings.push(...main.file.duplicates.map(place))
  for (const [name, { yaml }] of services) {
    findings.push(...yaml.duplicates.map((finding) => place({ ...finding, path: ['services', name, ...finding.path] })))
  }
  return {
    path,
    files: [{ path, text }, ...[...services.values()].map((file) => ({ path: file.path, text: file.text }))],
    data,
    findings,
    unreadable,
    place,
    folderOf: (service) => dirname(services.get(service)?.path ?? path),
  }
}

function single(path: string, text: string, finding: PlacedFinding): SourceFiles {
  return {
    path,
    files: [{ path, text }],
    data: undefined,
    findings: [finding],
    unreadable: [[]],
    place: (other) => ({ finding: other, file: path }),
    folderOf: () => dirname(path),
  }
}

function placeIn(file: string, yaml: YamlFile, finding: Finding): { file: string; position?: Position } {
  const position = yaml.locate(finding.path, finding.atKey ?? false)
  return { file, ...(position && { position }) }
}

async function inlineServices(
  data: unknown,
  read: (service: string, reference: string) => Promise<unknown>,
): Promise<unknown> {
  if (typeof data !== 'object' || data === null || !('services' in data)) return data
  const { services } = data
  if (typeof services !== 'object' || services === null || Array.isArray(services)) return data
  const inlined: [string, unknown][] = []
  for (const [name, value] of Object.entries(services)) {
    inlined.push([name, typeof value === 'string' ? await read(name, value) : value])
  }
  return { ...data, services: Object.fromEntries(inlined) }
}

type ServiceReading =
  | { readonly ok: true; readonly file: ServiceFile }
  | { readonly ok: false; readonly path: string; readonly why: string; readonly position?: Position }

async function readServiceFile(path: string, before: number): Promise<ServiceReading> {
  if (before >= maxServiceFiles)
    return { ok: false, path, why: `is one file too many, at most ${maxServiceFiles} are read` }
  const read = await readText(path)
  if (!read.ok) return { ok: false, path, why: `names a file that ${read.why}, \`${path}\`` }
  const yaml = readYaml(read.text)
  if (!yaml.ok) {
    return {
      ok: false,
      path,
      why: `names a file that is no YAML, ${yaml.why}`,
      ...(yaml.position && { position: yaml.position }),
    }
  }
  return { ok: true, file: { path, text: read.text, yaml: { ...yaml.file, data: withFolder(yaml.file.data) } } }
}

// A service's own file stands in its folder, so it need not say so.
function withFolder(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data) || 'from' in data) return data
  return { ...data, from: '.' }
}
