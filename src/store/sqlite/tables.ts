/** Rows of the tables of `migrations/`. */
export interface Tables {
  readonly documents: {
    readonly kind: string
    readonly id: string
    readonly revision: number
    readonly document: string
    readonly service: string | null
    readonly phase: string | null
    readonly created: number
  }
  readonly events: {
    readonly id: number
    readonly at_ms: number
    readonly actor: string
    readonly kind: string
    readonly subject: string
    readonly promotion: string | null
    readonly service: string | null
    readonly environment: string | null
    readonly text: string
    readonly data: string | null
  }
  readonly observations: { readonly rollout: string; readonly n: number; readonly json: string }
  readonly answers: { readonly request: string; readonly answer: string }
}
