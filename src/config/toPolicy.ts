import { defaultAnalysis, type AnalysisSettings, type MetricSettings } from '../domain/analysis/settings.ts'
import type { Pipeline, Stage } from '../domain/promotion/pipeline.ts'
import type { AnalysisSection } from './analysisSchema.ts'
import type { PipelineSection, StageSection } from './pipelineSchema.ts'

export function toPipeline({ stages, minimum, deadline, watchedFor }: PipelineSection): Pipeline {
  return {
    stages: stages.map(toStage),
    minimum: { shareMs: minimum.share, batchMs: minimum.batch, bakeMs: minimum.bake },
    deadlineMs: deadline,
    watchedForMs: watchedFor,
  }
}

export function toAnalysis({ slice, startUp, alpha, beta, metrics, guards }: AnalysisSection): AnalysisSettings {
  return {
    sliceMs: slice,
    startUpMs: startUp,
    alpha,
    beta,
    metrics: toMetrics(metrics),
    guards: {
      errors: guards.errors,
      latencyP99Ms: guards['latency-p99'],
      memoryBytes: guards.memory,
      crashes: { times: guards.crashes.times, withinMs: guards.crashes.within },
    },
  }
}

function toStage(stage: StageSection): Stage {
  const { name, environment } = stage
  if ('shares' in stage) return { kind: 'canary', name, environment, shares: stage.shares }
  if ('batch' in stage) {
    return { kind: 'production', name, environment, batch: stage.batch, keepPrevious: stage.keepPrevious }
  }
  return { kind: 'test', name, environment }
}

/** In the order of the schema; a metric without weight is left out. */
function toMetrics(metrics: AnalysisSection['metrics']): MetricSettings[] {
  return Object.entries(metrics)
    .filter(([, metric]) => metric.weight > 0)
    .map(([name, { weight, tolerated, harmful }]): MetricSettings => {
      const quantile = defaultAnalysis.metrics.find((metric) => metric.name === name)?.quantile
      return {
        name,
        kind: quantile === undefined ? 'errors' : 'latency',
        ...(quantile !== undefined && { quantile }),
        weight,
        tolerated,
        harmful,
      }
    })
}
