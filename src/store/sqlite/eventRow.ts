import type { Event } from '../../engine/ports.ts'
import { toJson } from '../json.ts'
import type { Tables } from './tables.ts'

/** The values of an event, in the order of the statement that appends it. */
export function toRow(event: Event): readonly (string | number | null)[] {
  return [
    event.id,
    event.atMs,
    event.actor,
    event.kind,
    event.on,
    event.promotion ?? null,
    event.service ?? null,
    event.environment ?? null,
    event.text,
    event.data === undefined ? null : toJson(event.data),
  ]
}

/** The event of a row. */
export function toEvent(row: Tables['events']): Event {
  return {
    id: row.id,
    atMs: row.at_ms,
    actor: row.actor,
    kind: row.kind,
    on: row.subject,
    ...(row.promotion === null ? {} : { promotion: row.promotion }),
    ...(row.service === null ? {} : { service: row.service }),
    ...(row.environment === null ? {} : { environment: row.environment }),
    text: row.text,
    ...(row.data === null ? {} : { data: JSON.parse(row.data) as Readonly<Record<string, unknown>> }),
  }
}
