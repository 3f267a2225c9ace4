import {
  analysisSchema,
  analysisOverrideSchema,
  type AnalysisOverrideSection,
  type AnalysisSection,
} from '../analysisSchema.ts'
import type { Path } from '../problem.ts'
import {
  pipelineOverrideSchema,
  pipelineSchema,
  type PipelineOverrideSection,
  type PipelineSection,
} from '../pipelineSchema.ts'
import { valueAt } from '../schemaFindings.ts'

const schemas = {
  pipeline: pipelineSchema(),
  analysis: analysisSchema(),
  pipelineOverride: pipelineOverrideSchema(),
  analysisOverride: analysisOverrideSchema(),
}

/** The policy as it would be without the values that are wrong already: those are left out, so that defaults stand in. */
export interface SoundPolicy {
  readonly pipeline?: PipelineSection
  readonly analysis?: AnalysisSection
}

export interface SoundOverride {
  readonly pipeline?: PipelineOverrideSection
  readonly analysis?: AnalysisOverrideSection
}

export function soundPolicy(data: unknown, judged: readonly Path[]): SoundPolicy {
  const sound = without(data, judged)
  const pipeline = schemas.pipeline.safeParse(valueAt(sound, ['pipeline']) ?? {})
  const analysis = schemas.analysis.safeParse(valueAt(sound, ['analysis']) ?? {})
  return { ...(pipeline.success && { pipeline: pipeline.data }), ...(analysis.success && { analysis: analysis.data }) }
}

export function soundOverride(data: unknown, judged: readonly Path[], service: string): SoundOverride {
  const sound = without(data, judged)
  const pipeline = schemas.pipelineOverride.safeParse(valueAt(sound, ['services', service, 'pipeline']) ?? {})
  const analysis = schemas.analysisOverride.safeParse(valueAt(sound, ['services', service, 'analysis']) ?? {})
  return { ...(pipeline.success && { pipeline: pipeline.data }), ...(analysis.success && { analysis: analysis.data }) }
}

/** The data without what stands at these paths; a list that has a wrong item is left out whole. */
function without(data: unknown, paths: readonly Path[]): unknown {
  let rest = data
  for (const path of paths) {
    const list = path.findIndex((part) => typeof part === 'number')
    rest = remove(rest, list < 0 ? path : path.slice(0, list))
  }
  return rest
}

function remove(data: unknown, [part, ...rest]: Path): unknown {
  if (typeof data !== 'object' || data === null || part === undefined || !Object.hasOwn(data, part)) return data
  const copy: Record<string, unknown> = { ...(data as Record<string, unknown>) }
  if (rest.length === 0) delete copy[part]
  else copy[part] = remove(copy[part], rest)
  return copy
}
