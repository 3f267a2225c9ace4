import type { DataStore } from './dataStore.ts'
import type { Test } from '../test/test.ts'
import type { TableRoute } from '../routing/table.ts'
import type { PipelineOverride } from '../promotion/pipeline.ts'

/** A deployable unit: how to run it, where it answers, what it needs. */
export interface Service {
  readonly name: string
  readonly owner: string
  /** Absolute path of the working folder that `deploy` snapshots. */
  readonly from: string
  readonly routes: readonly TableRoute[]
  readonly pages: boolean
  /** The command, split into words; never given to a shell. */
  readonly run: readonly string[]
  readonly ready: { readonly path: string; readonly withinMs: number }
  readonly stop: { readonly graceMs: number }
  readonly dependencies: readonly string[]
  /** Names of settings it may be given; values live in environments. */
  readonly settings: Readonly<Record<string, 'required' | 'optional'>>
  readonly data: readonly DataStore[]
  readonly tests: readonly Test[]
  readonly override?: PipelineOverride
}
