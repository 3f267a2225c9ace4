/**
 * Stops at a state that cannot be: a wrong number in a judge does not fail, it silently finds nothing.
 * @throws Error when `holds` is false.
 */
export function invariant(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(`analysis invariant: ${message}`)
}
