import type { AnalysisSettings } from '../analysis/settings.ts'
import type { Environment } from '../environment/environment.ts'
import type { Pipeline } from '../promotion/pipeline.ts'
import type { Service } from './service.ts'

/** Everything that one applied configuration says, checked and with all defaults filled in. */
export interface Organisation {
  readonly environments: readonly Environment[]
  readonly services: readonly Service[]
  readonly pipeline: Pipeline
  readonly analysis: AnalysisSettings
}
