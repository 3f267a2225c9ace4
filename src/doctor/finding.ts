/** One thing that was looked at. */
export interface Finding {
  /** Group: `store`, `disk`, `ports`, … */
  readonly check: string
  readonly ok: boolean
  /** The thing. */
  readonly what: string
  readonly value: string
  readonly good: string
  /** What to do when it is not good. */
  readonly remedy: string
}
