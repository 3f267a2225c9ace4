import type { AnalysisSettings } from '../analysis/settings.ts'

/** The organisation's one pipeline: every service goes through these stages in this order. */
export interface Pipeline {
  readonly stages: readonly Stage[]
  readonly minimum: { readonly shareMs: number; readonly batchMs: number; readonly bakeMs: number }
  /** Per share; then a hold for a person. */
  readonly deadlineMs: number
  readonly watchedForMs: number
}

export type Stage = TestStage | CanaryStage | ProductionStage

/** Leaves when every test of the service has passed. */
export interface TestStage {
  readonly kind: 'test'
  readonly name: string
  readonly environment: string
}

export interface CanaryStage {
  readonly kind: 'canary'
  readonly name: string
  readonly environment: string
  /** Ascending fractions in [0.05, 0.1]. */
  readonly shares: readonly number[]
}

export interface ProductionStage {
  readonly kind: 'production'
  readonly name: string
  readonly environment: string
  /** Fraction of the hosts that one batch replaces; at least one host. */
  readonly batch: number
  readonly keepPrevious: 'until-bake' | 'none'
}

/** What one service changes within the bounds of `mayOverride`; already checked and merged by the configuration. */
export interface PipelineOverride {
  readonly pipeline?: Pipeline
  readonly analysis?: AnalysisSettings
}
