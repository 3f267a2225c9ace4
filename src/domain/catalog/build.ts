/** One immutable result for one service. Its digest covers files, modes and the run command. */
export interface Build {
  /** `sha256:<64 hex digits>`. */
  readonly digest: string
  readonly service: string
  /** Labels that people gave it, oldest first; never empty. */
  readonly names: readonly string[]
  readonly command: readonly string[]
  readonly commit?: string
  readonly about?: string
  readonly addedAtMs: number
}
