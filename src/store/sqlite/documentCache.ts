import type { DatabaseSync } from 'node:sqlite'
import type { DocumentKind, Stored } from '../../engine/ports.ts'

/** Answers that were read before and still hold. What is kept is shared, so documents are frozen. */
export interface DocumentCache {
  /** The answer to this question about this kind, or what `read` finds. */
  readonly answer: <T>(kind: DocumentKind, question: string, read: () => T) => T
  /** The document of this row, parsed once for each revision. */
  readonly parse: <K extends DocumentKind>(kind: K, row: DocumentRow) => Stored<K>
  /** Documents of these kinds were saved. */
  readonly saved: (kinds: Iterable<DocumentKind>) => void
}

export interface DocumentRow {
  readonly id: string
  readonly revision: number
  readonly document: string
}

/** An engine asks some dozens of questions; those with ids and services in them are what could grow. */
const mostAnswers = 2_000
/** A document has a few kilobytes: some tens of megabytes at most. */
const mostDocuments = 5_000

function freeze(_key: string, value: unknown): unknown {
  return Object.freeze(value)
}

/**
 * With many rollouts every pass reads the same pools and rollouts again, and reading them costs more than deciding.
 * An answer holds until a document of its kind is saved here, or anything by another connection (`data_version`).
 */
export function createDocumentCache(database: DatabaseSync): DocumentCache {
  const dataVersion = database.prepare('pragma data_version')
  const answers = new Map<DocumentKind, Map<string, unknown>>()
  const documents = new Map<string, Stored<DocumentKind>>()
  let version = readVersion()

  function readVersion(): number {
    return Number(dataVersion.get()?.['data_version'])
  }

  function answersOf(kind: DocumentKind): Map<string, unknown> {
    const now = readVersion()
    if (now !== version) answers.clear()
    version = now
    const known = answers.get(kind) ?? new Map<string, unknown>()
    answers.set(kind, known)
    return known
  }

  return {
    answer: <T>(kind: DocumentKind, question: string, read: () => T) => {
      const known = answersOf(kind)
      if (known.has(question)) return known.get(question) as T
      const found = read()
      if (known.size >= mostAnswers) known.clear()
      known.set(question, found)
      return found
    },
    parse: <K extends DocumentKind>(kind: K, row: DocumentRow) => {
      const key = `${kind}/${row.id}`
      const known = documents.get(key)
      if (known?.revision === row.revision) return known as Stored<K>
      const stored = { id: row.id, revision: row.revision, document: JSON.parse(row.document, freeze) } as Stored<K>
      if (documents.size >= mostDocuments) documents.clear()
      documents.set(key, stored)
      return stored
    },
    saved: (kinds) => {
      for (const kind of kinds) answers.delete(kind)
    },
  }
}
