import type { Committed, DocumentKind, DocumentWrite, Event, NewEvent, Observation, Write } from '../../engine/ports.ts'
import { toJson } from '../json.ts'
import { toRow } from './eventRow.ts'
import type { Run } from './run.ts'
import { writes } from './statements.ts'

/** Leaves a transaction whose compare-and-set failed. */
class Stale extends Error {
  readonly stale: { readonly kind: DocumentKind; readonly id: string }

  constructor(write: DocumentWrite) {
    super(`${write.kind} ${write.id} has another revision than ${write.revision}`)
    this.stale = { kind: write.kind, id: write.id }
  }
}

export interface Commit {
  /** Several writes in one transaction, each of them all or nothing by itself; an error is that of one write. */
  readonly commit: (writes: readonly Write[]) => readonly (Committed | Failed)[]
  /** Inside a transaction: the next number of a counter, from 1. */
  readonly increase: (counter: string, by?: number) => number
}

/** What one write of several failed with. */
export class Failed {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

/** The writing half of the store: compare-and-set, events and observations in one transaction. */
export function createCommit(run: Run): Commit {
  const increase = (counter: string, by = 1): number =>
    run.rows<{ readonly value: number }>(writes.increase, counter, by)[0]?.value ?? by

  const saveDocument = (write: DocumentWrite): void => {
    const { kind, id, revision, service = null, phase = null } = write
    const document = toJson(write.document)
    const changed =
      revision === 0
        ? run.change(writes.create, kind, id, 1, document, service, phase, increase('document'))
        : run.change(writes.save, revision + 1, document, service, phase, kind, id, revision)
    if (changed !== 1) throw new Stale(write)
  }

  const appendEvents = (events: readonly NewEvent[]): readonly Event[] => {
    if (events.length === 0) return []
    const last = increase('event', events.length)
    const numbered = events.map((event, index) => ({ ...event, id: last - events.length + 1 + index }))
    for (const event of numbered) run.change(writes.append, ...toRow(event))
    return numbered
  }

  const saveObservations = (observations: readonly Observation[]): void => {
    for (const { rollout, n, json } of observations) run.change(writes.observe, rollout, n, json)
  }

  const save = ({ documents = [], events = [], observations = [], forget = [] }: Write): Committed => {
    for (const document of documents) saveDocument(document)
    saveObservations(observations)
    for (const rollout of forget) run.change(writes.forget, rollout)
    return { saved: true, events: appendEvents(events) }
  }

  const saveOrRefuse = (write: Write): Committed | Failed => {
    try {
      return run.part(() => save(write))
    } catch (error) {
      if (error instanceof Stale) return { saved: false, stale: error.stale }
      // Nobody else's write fails with it, unless all of them are lost.
      if (run.isLost()) throw error
      return new Failed(error)
    }
  }

  return {
    increase,
    commit: (all) => run.transaction(() => all.map(saveOrRefuse)),
  }
}
