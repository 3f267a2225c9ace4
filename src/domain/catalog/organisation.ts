import type { AnalysisSettings } from '../analysis/settings.ts'
import type { Environment } from '../environment/environment.ts'
import type { Pipeline } from '../promotion/pipeline.ts'
import type { Service } from './service.ts'

/** Everything that one applied configuration says, checked and with all defaults filled in. */
export interface Organisation {
  /** Absolute path of the configuration file that it was read from; absent where it was made another way. */
  readonly file?: string
  readonly environments: readonly Environment[]
  readonly services: readonly Service[]
  readonly pipeline: Pipeline
  readonly analysis: AnalysisSettings
  /** Absent in what an earlier version stored: then `defaultKept`. */
  readonly keep?: Kept
}

/** How much of the past is kept. */
export interface Kept {
  /** So many of the newest ended promotions keep their observations; 1 to `mostKept`. */
  readonly observations: number
}

export const defaultKept: Kept = { observations: 100 }
export const mostKept = 900
