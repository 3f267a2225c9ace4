/** A database of one service; each environment has its own. */
export interface DataStore {
  /** `main` becomes `DATABASE_URL`, another name `DATABASE_<NAME>_URL`. */
  readonly name: string
  readonly kind: 'sqlite'
  readonly access: 'none' | 'read' | 'write'
  /** Commands, split into words; run once per store and build before its first instance. */
  readonly migrate?: readonly string[]
  /** Run after the first migration of a new store only. */
  readonly seed?: readonly string[]
}
