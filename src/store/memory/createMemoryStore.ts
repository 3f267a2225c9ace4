import type {
  Committed,
  DocumentKind,
  Documents,
  DocumentWrite,
  Event,
  Observation,
  Store,
  Stored,
} from '../../engine/ports.ts'
import { invariant } from '../../domain/errors.ts'
import { toJson } from '../json.ts'
import { boundLimit, rememberMs } from '../limits.ts'

interface Row {
  readonly kind: DocumentKind
  readonly id: string
  readonly revision: number
  /** JSON text, as in a database: nobody shares an object, and what JSON loses is lost here too. */
  readonly document: string
  readonly service?: string
  readonly phase?: string
  readonly created: number
}

interface State {
  readonly rows: Map<string, Row>
  readonly events: string[]
  readonly observations: Map<string, Observation[]>
  readonly answers: Map<string, { readonly request: string; readonly answer: string; readonly atMs: number }>
  readonly counters: Map<string, number>
}

/** A store that ends with the process; the same contract as the SQLite store, for tests and simulations. */
export function createMemoryStore(options: { readonly onEvents?: (events: readonly Event[]) => void } = {}): Store {
  const state: State = { rows: new Map(), events: [], observations: new Map(), answers: new Map(), counters: new Map() }
  return {
    ...createReads(state),
    ...createAnswers(state),
    commit: async (write) => {
      const committed = commit(state, write)
      if (committed.saved && committed.events.length > 0) options.onEvents?.(committed.events)
      return committed
    },
    next: async (counter) => increase(state, counter),
    close: async () => {},
  }
}

function createReads(state: State): Pick<Store, 'load' | 'list' | 'events' | 'lastEventId' | 'observations'> {
  return {
    load: async (kind, id) => {
      const row = state.rows.get(keyOf(kind, id))
      return row === undefined ? undefined : toStored<typeof kind>(row)
    },
    list: async (kind, filter = {}) =>
      [...state.rows.values()]
        .filter((row) => row.kind === kind)
        .filter((row) => filter.service === undefined || row.service === filter.service)
        .filter((row) => filter.phases === undefined || (row.phase !== undefined && filter.phases.includes(row.phase)))
        .toSorted((a, b) => b.created - a.created)
        .slice(0, boundLimit(filter.limit))
        .map((row) => toStored<typeof kind>(row)),
    events: async (after, limit) =>
      state.events
        .slice(Math.max(0, after), Math.max(0, after) + boundLimit(limit))
        .map((text): Event => JSON.parse(text)),
    lastEventId: async () => state.events.length,
    observations: async (rollout, afterN, limit) =>
      (state.observations.get(rollout) ?? [])
        .filter(({ n }) => n > afterN)
        .toSorted((a, b) => a.n - b.n)
        .slice(0, boundLimit(limit)),
  }
}

function createAnswers(state: State): Pick<Store, 'recall' | 'remember'> {
  return {
    recall: async (key, nowMs) => {
      const found = state.answers.get(key)
      if (found === undefined || found.atMs <= nowMs - rememberMs) return undefined
      return { request: found.request, answer: found.answer }
    },
    remember: async (key, request, answer, nowMs) => {
      for (const [old, { atMs }] of state.answers) if (atMs <= nowMs - rememberMs) state.answers.delete(old)
      if (!state.answers.has(key)) state.answers.set(key, { request, answer, atMs: nowMs })
    },
  }
}

function commit(state: State, write: Parameters<Store['commit']>[0]): Committed {
  const { documents = [], events = [], observations = [], forget = [] } = write
  const rows = new Map<string, Row>()
  for (const document of documents) {
    const row = nextRow(state, rows, document)
    if (row === undefined) return { saved: false, stale: { kind: document.kind, id: document.id } }
    rows.set(keyOf(row.kind, row.id), row)
  }
  const first = state.events.length + 1
  const numbered = events.map((event, index) => ({ ...event, id: first + index }))
  const texts = numbered.map((event) => toJson(event))
  refuseRepeated(state, observations)

  // From here nothing fails: all or nothing.
  for (const [key, row] of rows) state.rows.set(key, row)
  state.events.push(...texts)
  for (const observation of observations) {
    const known = state.observations.get(observation.rollout) ?? []
    known.push({ rollout: observation.rollout, n: observation.n, json: observation.json })
    state.observations.set(observation.rollout, known)
  }
  for (const rollout of forget) state.observations.delete(rollout)
  return { saved: true, events: numbered }
}

function nextRow(state: State, pending: ReadonlyMap<string, Row>, write: DocumentWrite): Row | undefined {
  const key = keyOf(write.kind, write.id)
  const found = pending.get(key) ?? state.rows.get(key)
  if ((found?.revision ?? 0) !== write.revision) return undefined
  return {
    kind: write.kind,
    id: write.id,
    revision: write.revision + 1,
    document: toJson(write.document),
    ...(write.service === undefined ? {} : { service: write.service }),
    ...(write.phase === undefined ? {} : { phase: write.phase }),
    created: found?.created ?? increase(state, 'document'),
  }
}

function refuseRepeated(state: State, observations: readonly Observation[]): void {
  const seen = new Set<string>()
  for (const { rollout, n } of observations) {
    const known = state.observations.get(rollout)?.some((other) => other.n === n) ?? false
    invariant(!known && !seen.has(`${rollout} ${n}`), `observation ${n} of ${rollout} is stored already`)
    seen.add(`${rollout} ${n}`)
  }
}

function increase(state: State, counter: string): number {
  const value = (state.counters.get(counter) ?? 0) + 1
  state.counters.set(counter, value)
  return value
}

function keyOf(kind: string, id: string): string {
  return `${kind} ${id}`
}

function toStored<K extends DocumentKind>(row: Row): Stored<K> {
  const document: Documents[K] = JSON.parse(row.document)
  return { id: row.id, revision: row.revision, document }
}
