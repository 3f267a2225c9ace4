import type { Kysely } from 'kysely'
import type { Committed, DocumentKind, DocumentWrite, Event, NewEvent, Observation, Write } from '../../engine/ports.ts'
import { toJson } from '../json.ts'
import { toRow } from './eventRow.ts'
import type { Run } from './run.ts'
import type { Tables } from './tables.ts'

/** Leaves a transaction whose compare-and-set failed. */
class Stale extends Error {
  readonly stale: { readonly kind: DocumentKind; readonly id: string }

  constructor(write: DocumentWrite) {
    super(`${write.kind} ${write.id} has another revision than ${write.revision}`)
    this.stale = { kind: write.kind, id: write.id }
  }
}

export interface Commit {
  readonly commit: (write: Write) => Committed
  /** Inside a transaction: the next number of a counter, from 1. */
  readonly increase: (counter: string, by?: number) => number
}

/** The writing half of the store: compare-and-set, events and observations in one transaction. */
export function createCommit(db: Kysely<Tables>, run: Run): Commit {
  const increase = (counter: string, by = 1): number => {
    const rows = run.rows(
      db
        .insertInto('counters')
        .values({ name: counter, value: by })
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet((column) => ({ value: column('counters.value', '+', by) })),
        )
        .returning('value'),
    )
    return rows[0]?.value ?? by
  }

  const saveDocument = (write: DocumentWrite): void => {
    const row = {
      revision: write.revision + 1,
      document: toJson(write.document),
      service: write.service ?? null,
      phase: write.phase ?? null,
    }
    const changed =
      write.revision === 0
        ? run.change(
            db
              .insertInto('documents')
              .values({ ...row, kind: write.kind, id: write.id, created: increase('document') })
              .onConflict((conflict) => conflict.doNothing()),
          )
        : run.change(
            db
              .updateTable('documents')
              .set(row)
              .where('kind', '=', write.kind)
              .where('id', '=', write.id)
              .where('revision', '=', write.revision),
          )
    if (changed !== 1) throw new Stale(write)
  }

  const appendEvents = (events: readonly NewEvent[]): readonly Event[] => {
    if (events.length === 0) return []
    const last = increase('event', events.length)
    const numbered = events.map((event, index) => ({ ...event, id: last - events.length + 1 + index }))
    for (const event of numbered) run.change(db.insertInto('events').values(toRow(event)))
    return numbered
  }

  const saveObservations = (observations: readonly Observation[]): void => {
    for (const { rollout, n, json } of observations)
      run.change(db.insertInto('observations').values({ rollout, n, json }))
  }

  return {
    increase,
    commit: ({ documents = [], events = [], observations = [], forget = [] }) => {
      try {
        return run.transaction(() => {
          for (const document of documents) saveDocument(document)
          saveObservations(observations)
          for (const rollout of forget) run.change(db.deleteFrom('observations').where('rollout', '=', rollout))
          return { saved: true, events: appendEvents(events) }
        })
      } catch (error) {
        if (error instanceof Stale) return { saved: false, stale: error.stale }
        throw error
      }
    },
  }
}
