import { resolve } from 'node:path'
import type { Organisation } from '../domain/catalog/organisation.ts'
import { findBadCertificates } from './certificates.ts'
import { findMistakes } from './checks/findMistakes.ts'
import { configSchema } from './configSchema.ts'
import { findMissingFolders } from './folders.ts'
import { formatPath, sentence, shownValue, type Problem } from './problem.ts'
import { maxFileBytes, readSourceFiles, readText, type PlacedFinding, type SourceFiles } from './sourceFiles.ts'
import { toOrganisation } from './toOrganisation.ts'

/** What was read: the organisation's file first, then the files of services. */
export interface ConfigSource {
  /** Absolute. */
  readonly path: string
  readonly files: readonly { readonly path: string; readonly text: string }[]
  /** The files as one piece of plain data, as they were written, without defaults. */
  readonly data: unknown
}

export type ConfigReading =
  | { readonly ok: true; readonly organisation: Organisation; readonly source: ConfigSource }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export interface ReadOptions {
  /** Whether `from` of each service must be a folder that exists. Default: true. */
  readonly folders?: boolean
  /**
   * Whether the certificates of front doors must be usable now. Default: true. Not asked of what runs already: an
   * expired certificate must not keep a control plane from starting again.
   */
  readonly certificates?: boolean
}

/** More than a person can use at once. */
const maxProblems = 500

/**
 * Reads a `cofferdam.yaml` and the service files that it names. Either all of it is right, or every mistake is named,
 * each once, with its place. Values of secrets are not read, only the references to them. Never throws.
 */
export async function readConfig(path: string, options: ReadOptions = {}): Promise<ConfigReading> {
  const file = resolve(path)
  const read = await readText(file)
  if (read.ok) return await readConfigText(read.text, file, options)
  const finding = {
    path: [],
    value: file,
    allowed: `a file of at most ${maxFileBytes} bytes in UTF-8`,
    says: `${file} ${read.why}`,
  }
  return { ok: false, problems: [toProblem({ finding, file })] }
}

/** The same for a text that stands, or would stand, at `path`. */
export async function readConfigText(text: string, path: string, options: ReadOptions = {}): Promise<ConfigReading> {
  const file = resolve(path)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxFileBytes) {
    const finding = { path: [], value: bytes, allowed: `at most ${maxFileBytes} bytes`, says: `has ${bytes} bytes` }
    return { ok: false, problems: [toProblem({ finding, file })] }
  }
  const source = await readSourceFiles(text, file)
  const placed = await findAll(source, options)
  if (placed.length > 0) return { ok: false, problems: placed.slice(0, maxProblems).map(toProblem) }
  const config = configSchema.parse(source.data)
  const organisation = toOrganisation(config, {
    file,
    ofFile: (relative) => resolve(file, '..', relative),
    ofService: (service, relative) => resolve(source.folderOf(service), relative),
  })
  return { ok: true, organisation, source: { path: file, files: source.files, data: source.data } }
}

async function findAll(
  source: SourceFiles,
  { folders = true, certificates = true }: ReadOptions,
): Promise<PlacedFinding[]> {
  if (source.unreadable.some((path) => path.length === 0)) return [...source.findings]
  const mistakes = findMistakes(source.data, source.unreadable)
  const missing = folders ? await findMissingFolders(source.data, source.folderOf) : []
  const bad = certificates ? await findBadCertificates(source.data, source.path, Date.now()) : []
  const placed = [...source.findings, ...[...mistakes, ...missing, ...bad].map(source.place)]
  return placed.sort((a, b) => order(a, source.path) - order(b, source.path))
}

// As a person reads the file from its top; what stands in other files comes last.
function order({ file, position }: PlacedFinding, main: string): number {
  const line = (position?.line ?? 0) * 10_000 + Math.min(9_999, position?.column ?? 0)
  return file === main ? line : Number.MAX_SAFE_INTEGER / 2 + line
}

function toProblem({ finding, file, position }: PlacedFinding): Problem {
  const path = formatPath(finding.path)
  return {
    path,
    value: shownValue(finding.path, finding.value),
    allowed: finding.allowed,
    nearest: finding.nearest ?? null,
    text: sentence(finding, path),
    file,
    ...(position && { line: position.line, column: position.column }),
  }
}
