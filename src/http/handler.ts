import type { Organisation } from '../domain/catalog/organisation.ts'
import type { Problem as ConfigProblem } from '../config/problem.ts'
import type { EngineApi } from '../engine/api.ts'
import type { AboutDocument, DiffDocument } from './contract/documents.ts'
import type { InputOf } from './contract/route.ts'
import type { RouteName, routes } from './contract/routes.ts'
import type { Answer } from './idempotency.ts'

/** Lists the files in which two snapshots differ. */
export type BuildDiff = (a: string, b: string) => Promise<Pick<DiffDocument, 'files' | 'truncated'>>

/** Reads and checks a configuration file: everything with defaults, or every problem at once. */
export type ReadConfig = (
  path: string,
) => Promise<
  | { readonly ok: true; readonly organisation: Organisation }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }
>

/** Who asks: there is one account yet. */
export const actor = 'admin'

/** @param requestKey the same for a keyed request and its repeats, and for no other; absent without a key. */
export type Handler<N extends RouteName> = (input: InputOf<(typeof routes)[N]>, requestKey?: string) => Promise<Answer>

/** The handlers of some routes. */
export type Handlers<N extends RouteName> = { readonly [K in N]: Handler<K> }

/** What handlers work with. */
export interface HandlerPorts {
  readonly engine: EngineApi
  readonly readConfig: ReadConfig
  readonly diff: BuildDiff
  readonly about: AboutDocument
}

export function ok(body: unknown): Answer {
  return { status: 200, body }
}
