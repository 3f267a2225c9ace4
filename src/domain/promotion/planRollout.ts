import type { AnalysisSettings } from '../analysis/settings.ts'
import type { Organisation } from '../catalog/organisation.ts'
import { CofferdamError } from '../errors.ts'
import type { RolloutPlan, Step } from '../rollout/rollout.ts'
import type { CanaryStage, Pipeline, ProductionStage } from './pipeline.ts'

/** The pipeline and analysis that hold for one service: the organisation's, with the service's allowed overrides. */
export function settingsOf(
  organisation: Organisation,
  service: string,
): { readonly pipeline: Pipeline; readonly analysis: AnalysisSettings } {
  const own = organisation.services.find((one) => one.name === service)
  if (!own) throw new CofferdamError('unknown-service', `service "${service}" is not configured`)
  return {
    pipeline: own.override?.pipeline ?? organisation.pipeline,
    analysis: own.override?.analysis ?? organisation.analysis,
  }
}

/** Shares beside a baseline, then batches of hosts, then the bake. */
export function planProduction(pipeline: Pipeline, hosts: number): RolloutPlan {
  const canary = pipeline.stages.find((stage): stage is CanaryStage => stage.kind === 'canary')
  const shares = (canary?.shares ?? []).map(
    (share): Step => ({ kind: 'share', share, minimumMs: pipeline.minimum.shareMs }),
  )
  return { ...planBatches(pipeline, hosts), steps: [...shares, ...batches(pipeline, hosts)], watch: 'analysis' }
}

/** An emergency: batches of hosts, each ready before the next, absolute limits on, arms not compared. */
export function planBatches(pipeline: Pipeline, hosts: number): RolloutPlan {
  const production = productionStage(pipeline)
  return {
    steps: batches(pipeline, hosts),
    bakeMs: pipeline.minimum.bakeMs,
    keepPrevious: production?.keepPrevious ?? 'until-bake',
    watch: 'guards',
    watchedForMs: pipeline.watchedForMs,
    deadlineMs: pipeline.deadlineMs,
  }
}

/** All hosts in one shift: a stage that is only tested, and the way back of an environment. */
export function planReplacement(pipeline: Pipeline, hosts: number): RolloutPlan {
  return {
    steps: [{ kind: 'hosts', hosts, minimumMs: 0 }],
    bakeMs: 0,
    keepPrevious: 'until-bake',
    watch: 'facts',
    watchedForMs: pipeline.watchedForMs,
    deadlineMs: pipeline.deadlineMs,
  }
}

function batches(pipeline: Pipeline, hosts: number): readonly Step[] {
  const size = Math.max(1, Math.floor((productionStage(pipeline)?.batch ?? 1) * hosts + 1e-9))
  const steps: Step[] = []
  for (let done = size; done < hosts; done += size)
    steps.push({ kind: 'hosts', hosts: done, minimumMs: pipeline.minimum.batchMs })
  return [...steps, { kind: 'hosts', hosts, minimumMs: pipeline.minimum.batchMs }]
}

function productionStage(pipeline: Pipeline): ProductionStage | undefined {
  return pipeline.stages.find((stage): stage is ProductionStage => stage.kind === 'production')
}
