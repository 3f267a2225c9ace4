import { CofferdamError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import type { Organisation } from './organisation.ts'

/** Names what was asked for, what was probably meant, and all that there is. */
export function unknownService(name: string, known: readonly string[]): CofferdamError {
  return new CofferdamError(
    'unknown-service',
    `there is no service ${JSON.stringify(name)}${didYouMean(name, known)}; there are ${known.join(', ') || 'none'}`,
  )
}

/** ` (did you mean "x"?)`, or nothing where no name is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return meant === undefined ? '' : ` (did you mean ${JSON.stringify(meant)}?)`
}

/** @throws `unknown-service` unless the configuration has it. */
export function requireService({ services }: Organisation, name: string): void {
  const known = services.map((one) => one.name)
  if (!known.includes(name)) throw unknownService(name, known)
}
