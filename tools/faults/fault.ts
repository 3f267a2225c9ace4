/** A defect that a test must find. */
export interface Fault {
  /** What would be wrong, for a person. */
  readonly name: string
  readonly file: string
  /** Stands exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** The file of the test that must fail, and a part of that test's full name. */
  readonly test: readonly [file: string, name: string]
}
