import type { ArmCounts } from '../../domain/analysis/counts.ts'
import type { Noise } from '../../domain/analysis/noise.ts'
import { planFinds, type PlannedFinds } from '../../domain/analysis/plan.ts'
import type { AnalysisSettings } from '../../domain/analysis/settings.ts'
import type { Pipeline } from '../../domain/promotion/pipeline.ts'
import type { Pool } from '../../domain/rollout/pool.ts'
import { planProduction } from '../../domain/promotion/planRollout.ts'
import type { PlanDocument } from '../api.ts'

export interface PlanParts {
  readonly service: string
  readonly build: string
  readonly pool: Pool
  readonly pipeline: Pipeline
  readonly analysis: AnalysisSettings
  /** What stable counted lately, and in how many seconds. */
  readonly recent: ArmCounts
  readonly recentSeconds: number
  /** What was learned of the service, by metric. */
  readonly noise: Readonly<Record<string, Noise>>
  /** Milliseconds from start to ready of this service's instances, the slowest seen lately. */
  readonly startMs: number
}

/** A base rate is never taken as zero: a service that showed no error yet will. */
const leastErrorRate = 0.0005
/** A shift is a save and a push; the acceptance bound of it. */
const shiftMs = 250

/** What would be found when, at today's traffic, and what the way back costs. */
export function planDocument(parts: PlanParts): PlanDocument {
  const rps = parts.recentSeconds > 0 ? parts.recent.requests / parts.recentSeconds : 0
  const stages: PlanDocument['stages'][number][] = []
  const shares = planProduction(parts.pipeline, parts.pool.hosts).steps.flatMap((step) =>
    step.kind === 'share' ? [step.share] : [],
  )
  const plans = shares.map((share) => ({ share, finds: findsAt(parts, rps, share) }))
  for (const stage of parts.pipeline.stages) {
    if (stage.kind === 'test') stages.push({ name: stage.name, requests: 0, minutes: 0, finds: [] })
    if (stage.kind === 'canary') {
      for (const { share, finds } of plans) {
        const minutes = round(
          Math.max(parts.pipeline.minimum.shareMs / 60_000, share === shares.at(-1) ? finds.proofMinutes : 0),
        )
        stages.push({
          name: `${stage.name} ${+(share * 100).toFixed(1)} %`,
          requests: Math.round(rps * share * minutes * 60),
          minutes,
          finds: finiteFinds(finds),
        })
      }
    }
    if (stage.kind === 'production') {
      const steps = planProduction(parts.pipeline, parts.pool.hosts).steps.filter((step) => step.kind === 'hosts')
      const minutes = round((steps.length * parts.pipeline.minimum.batchMs + parts.pipeline.minimum.bakeMs) / 60_000)
      stages.push({ name: stage.name, requests: Math.round(rps * minutes * 60), minutes, finds: [] })
    }
  }
  const last = plans.at(-1)
  const canTell = rps > 0 && (last?.finds.canTell ?? false)
  return { canTell, text: planText(parts, rps, canTell, last), stages, wayBack: wayBack(parts) }
}

function findsAt(parts: PlanParts, rps: number, share: number): PlannedFinds {
  const baseErrorRate = Math.max(
    leastErrorRate,
    parts.recent.requests > 0 ? parts.recent.bad / parts.recent.requests : 0,
  )
  return planFinds(parts.analysis, {
    rps: Math.max(rps, 1e-6),
    share,
    baseErrorRate,
    deadlineMs: parts.pipeline.deadlineMs,
    noise: parts.noise,
    ...(parts.recent.durations.length > 0 ? { latencyHistogram: parts.recent.durations } : {}),
  })
}

function finiteFinds(finds: PlannedFinds): PlanDocument['stages'][number]['finds'] {
  return finds.rows
    .filter((row) => Number.isFinite(row.minutes))
    .map((row) => ({ metric: row.metric, from: row.from, to: row.to, minutes: round(row.minutes) }))
}

function planText(
  parts: PlanParts,
  rps: number,
  canTell: boolean,
  last: { readonly share: number; readonly finds: PlannedFinds } | undefined,
): string {
  const rate = `${rps < 10 ? rps.toFixed(1) : Math.round(rps)} requests a second`
  const deadline = Math.round(parts.pipeline.deadlineMs / 60_000)
  if (!last) return `${parts.service} has no canary stage; nothing is compared`
  if (rps === 0)
    return `${parts.service} gets no requests in ${parts.pool.environment}: a canary could not tell a good build from a bad one`
  const proof = Number.isFinite(last.finds.proofMinutes) ? `about ${round(last.finds.proofMinutes)} min` : 'for ever'
  if (!canTell)
    return `at ${rate} the proof of health would take ${proof} at ${last.share * 100} %, longer than the deadline of ${deadline} min: the canary could not tell a good build from a bad one`
  return `at ${rate} the proof of health takes ${proof} at ${last.share * 100} %${roughness(parts.noise)}`
}

/** Said only where it makes the proof longer than it would be for a service that nobody knows. */
function roughness(noise: PlanParts['noise']): string {
  const rough = Object.entries(noise).filter(([, { phi }]) => phi >= 2)
  if (rough.length === 0) return ''
  const said = rough.map(([metric, { phi }]) => `${metric} of this service come in bursts of about ${Math.round(phi)}`)
  return `; ${said.join(', ')}, and each burst counts once`
}

function wayBack(parts: PlanParts): PlanDocument['wayBack'] {
  const keeps = parts.pipeline.stages.some(
    (stage) => stage.kind === 'production' && stage.keepPrevious === 'until-bake',
  )
  if (keeps)
    return {
      open: true,
      ms: shiftMs,
      text: `one shift of traffic, at most ${shiftMs} ms, until the bake ends; the old instances are kept`,
    }
  const ms = shiftMs + parts.startMs
  return {
    open: true,
    ms,
    text: `start ${parts.pool.hosts} instances, about ${Math.ceil(ms / 1000)} s: they are not kept`,
  }
}

function round(minutes: number): number {
  return Math.round(minutes * 10) / 10
}
