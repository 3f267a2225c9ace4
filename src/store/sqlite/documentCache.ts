import type { DatabaseSync } from 'node:sqlite'
import type { DocumentKind, Stored } from '../../engine/ports.ts'

/** Answers that were read before and still hold. What is kept is shared, so documents are frozen. */
export interface DocumentCache {
  /** The document of this id, or what `read` finds. */
  readonly load: <T>(kind: DocumentKind, id: string, read: () => T) => T
  /** The answer to this question about this kind, or what `read` finds. */
  readonly list: <T>(kind: DocumentKind, question: string, read: () => T) => T
  /** The document of this row, parsed once for each revision. */
  readonly parse: <K extends DocumentKind>(kind: K, row: DocumentRow) => Stored<K>
  /** This document was saved. */
  readonly saved: (kind: DocumentKind, id: string) => void
}

export interface DocumentRow {
  readonly id: string
  readonly revision: number
  readonly document: string
}

/** An engine asks some dozens of questions; those with ids and services in them are what could grow. */
const mostAnswers = 5_000
/** A document has a few kilobytes: some tens of megabytes at most. */
const mostDocuments = 5_000

/** Ten times as fast as a reviver. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) freeze(inner)
    Object.freeze(value)
  }
  return value
}

/**
 * With many rollouts every pass reads the same pools and rollouts again, and reading them costs more than deciding.
 * An answer holds until that document, or for a list one of its kind, is saved here, or anything by another connection
 * (`data_version`).
 */
export function createDocumentCache(database: DatabaseSync): DocumentCache {
  const dataVersion = database.prepare('pragma data_version')
  const loads = new Map<string, unknown>()
  const lists = new Map<DocumentKind, Map<string, unknown>>()
  const documents = new Map<string, Stored<DocumentKind>>()
  let version = readVersion()

  function readVersion(): number {
    return Number(dataVersion.get()?.['data_version'])
  }

  function forgetOfOthers(): void {
    const now = readVersion()
    if (now === version) return
    loads.clear()
    lists.clear()
    version = now
  }

  function answer<T>(known: Map<string, unknown>, question: string, read: () => T): T {
    if (known.has(question)) return known.get(question) as T
    const found = read()
    if (known.size >= mostAnswers) known.clear()
    known.set(question, found)
    return found
  }

  return {
    load: (kind, id, read) => {
      forgetOfOthers()
      return answer(loads, `${kind}/${id}`, read)
    },
    list: (kind, question, read) => {
      forgetOfOthers()
      const known = lists.get(kind) ?? new Map<string, unknown>()
      lists.set(kind, known)
      return answer(known, question, read)
    },
    parse: <K extends DocumentKind>(kind: K, row: DocumentRow) => {
      const key = `${kind}/${row.id}`
      const known = documents.get(key)
      if (known?.revision === row.revision) return known as Stored<K>
      const stored = { id: row.id, revision: row.revision, document: freeze(JSON.parse(row.document)) } as Stored<K>
      if (documents.size >= mostDocuments) documents.clear()
      documents.set(key, stored)
      return stored
    },
    saved: (kind, id) => {
      loads.delete(`${kind}/${id}`)
      lists.delete(kind)
    },
  }
}
