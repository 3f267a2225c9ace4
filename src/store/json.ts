import { invariant } from '../domain/errors.ts'

/**
 * JSON text of a value that comes back as it was.
 *
 * @throws an invariant for a number that JSON would silently turn into `null`, with its key.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, refuseNonFinite)
}

function refuseNonFinite(key: string, value: unknown): unknown {
  if (typeof value === 'number') {
    invariant(Number.isFinite(value), `"${key}" is ${value}, which a stored document cannot hold`)
  }
  return value
}
