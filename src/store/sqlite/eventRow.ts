import type { Event } from '../../engine/ports.ts'
import { toJson } from '../json.ts'
import type { Tables } from './tables.ts'

/** The row of an event. */
export function toRow(event: Event): Tables['events'] {
  return {
    id: event.id,
    at_ms: event.atMs,
    actor: event.actor,
    kind: event.kind,
    subject: event.on,
    promotion: event.promotion ?? null,
    service: event.service ?? null,
    environment: event.environment ?? null,
    text: event.text,
    data: event.data === undefined ? null : toJson(event.data),
  }
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
