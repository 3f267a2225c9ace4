import type { z } from 'zod'

export type Method = 'GET' | 'POST'

/** One route of the API: what it is registered with and documented from. */
export interface Route {
  readonly method: Method
  /** Below the base, parameters as `{name}`. */
  readonly path: string
  /** Answers at the root of the address, too or only. */
  readonly base: 'api' | 'both' | 'root'
  readonly summary: string
  /** Whether the token is needed: `change` always, `read` only from another machine, `none` never. */
  readonly access: 'change' | 'read' | 'none'
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  /** Status → what the body is. */
  readonly answers: Readonly<Record<number, z.ZodType | string>>
}

/** What a handler is given of a route's input, already checked. */
export interface InputOf<R extends Route> {
  readonly params: R['params'] extends z.ZodType ? z.infer<R['params']> : undefined
  readonly query: R['query'] extends z.ZodType ? z.infer<R['query']> : undefined
  readonly body: R['body'] extends z.ZodType ? z.infer<R['body']> : undefined
}
