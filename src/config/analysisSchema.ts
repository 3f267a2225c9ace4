import type { z } from 'zod'
import { defaultAnalysis, type MetricSettings } from '../domain/analysis/settings.ts'
import { duration, number, percent, points, quantity, section, size } from './fields.ts'

const times = { min: 1, max: 1_000 }

/** The leaves of `analysis:`, each once: the organisation's section gives them defaults, a service's override does not. */
export const analysisFields = {
  slice: () => quantity(duration, { min: 5_000, max: 30_000 }).describe('How much time is judged together.'),
  startUp: () =>
    quantity(duration, { min: 0, max: 300_000 }).describe(
      'For so long after its start a canary is given a wider line; of a batch, so are its young hosts.',
    ),
  alpha: () =>
    number({ min: 0.001, max: 0.05 }).describe('Chance that a healthy rollout is rolled back, all metrics together.'),
  beta: () => number({ min: 0.01, max: 0.1 }).describe('Chance that a harmful metric is called healthy.'),
  weight: () =>
    number({ min: 0, max: 1 }).describe('Share of the evidence; the weights add up to 1, 0 leaves the metric out.'),
  toleratedTimes: () => number(times).describe('The canary may have so many times the errors of the control …'),
  toleratedPlus: () => quantity(points, { min: 0, max: 1 }).describe('… and so many percentage points more.'),
  harmfulTimes: () => number(times).describe('So many times the errors of the control are harmful …'),
  harmfulPlus: () =>
    quantity(points, { min: 0, max: 1 }).describe('… when they are so many percentage points more, too.'),
  slower: () => number(times).describe('The canary may be so many times as slow as the control at this quantile.'),
  harmfulExceedance: () =>
    number(times, { above: true }).describe('So many times the requests above the tolerated latency are harmful.'),
  guardErrors: () => quantity(percent, { min: 0.001, max: 1 }).describe('Share of failed requests of the new build.'),
  guardLatency: () =>
    quantity(duration, { min: 1, max: 600_000 }).describe('99 of 100 requests of the new build are faster than this.'),
  guardMemory: () =>
    quantity(size, { min: 1_048_576, max: 1_048_576 * 1_048_576 }).describe(
      'Memory of one instance: above it in 3 samples in a row, 5 s apart. 1 MB is 1,024 KB, 1 KB is 1,024 bytes.',
    ),
  crashTimes: () => number({ min: 1, max: 100 }, { whole: true }).describe('So many exits of an instance …'),
  crashWithin: () =>
    quantity(duration, { min: 1_000, max: 3_600_000 }).describe('… within this time are a crash loop.'),
}

/** `analysis:` of the organisation. The defaults are those of the domain, shown in the units of the file. */
export function analysisSchema() {
  const field = analysisFields
  const d = defaultAnalysis
  return section({
    slice: field.slice().prefault(duration.format(d.sliceMs)),
    startUp: field.startUp().prefault(duration.format(d.startUpMs)),
    alpha: field.alpha().prefault(d.alpha),
    beta: field.beta().prefault(d.beta),
    metrics: section({
      errors: errorsSchema(defaultMetric('errors')),
      'latency-p50': latencySchema(defaultMetric('latency-p50')),
      'latency-p90': latencySchema(defaultMetric('latency-p90')),
      'latency-p99': latencySchema(defaultMetric('latency-p99')),
    })
      .prefault({})
      .describe('Key metrics: tolerated is no reason to go back; harmful is what health is proven against.'),
    guards: section({
      errors: field.guardErrors().prefault(percent.format(d.guards.errors)),
      'latency-p99': field.guardLatency().prefault(duration.format(d.guards.latencyP99Ms)),
      memory: field.guardMemory().prefault(size.format(d.guards.memoryBytes)),
      crashes: section({
        times: field.crashTimes().prefault(d.guards.crashes.times),
        within: field.crashWithin().prefault(duration.format(d.guards.crashes.withinMs)),
      })
        .prefault({})
        .describe('When exits are a crash loop.'),
    })
      .prefault({})
      .describe('Absolute limits of the new build; they never compare arms.'),
  })
}

/** `analysis:` of a service: the same fields, none required, no defaults. */
export function analysisOverrideSchema() {
  const field = analysisFields
  const latency = () =>
    section({
      weight: field.weight().optional(),
      tolerated: section({ slower: field.slower().optional() }).optional().describe('No reason to go back.'),
      harmful: section({ times: field.harmfulExceedance().optional() })
        .optional()
        .describe('Health is proven against it.'),
    }).optional()
  return section({
    slice: field.slice().optional(),
    startUp: field.startUp().optional(),
    alpha: field.alpha().optional(),
    beta: field.beta().optional(),
    metrics: section({
      errors: section({
        weight: field.weight().optional(),
        tolerated: section({ times: field.toleratedTimes().optional(), plus: field.toleratedPlus().optional() })
          .optional()
          .describe('No reason to go back.'),
        harmful: section({ times: field.harmfulTimes().optional(), plus: field.harmfulPlus().optional() })
          .optional()
          .describe('Health is proven against it.'),
      })
        .optional()
        .describe('Failed requests.'),
      'latency-p50': latency().describe('Median latency.'),
      'latency-p90': latency().describe('Latency that 9 of 10 requests stay below.'),
      'latency-p99': latency().describe('Latency that 99 of 100 requests stay below.'),
    })
      .optional()
      .describe('Key metrics of this service.'),
    guards: section({
      errors: field.guardErrors().optional(),
      'latency-p99': field.guardLatency().optional(),
      memory: field.guardMemory().optional(),
      crashes: section({ times: field.crashTimes().optional(), within: field.crashWithin().optional() })
        .optional()
        .describe('When exits are a crash loop.'),
    })
      .optional()
      .describe('Absolute limits of this service.'),
  })
}

export type AnalysisSection = z.output<ReturnType<typeof analysisSchema>>
export type AnalysisOverrideSection = z.output<ReturnType<typeof analysisOverrideSchema>>

function errorsSchema(d: MetricSettings) {
  const field = analysisFields
  return section({
    weight: field.weight().prefault(d.weight),
    tolerated: section({
      times: field.toleratedTimes().prefault(d.tolerated.times ?? 1),
      plus: field.toleratedPlus().prefault(points.format(d.tolerated.plus ?? 0)),
    })
      .prefault({})
      .describe('No reason to go back.'),
    harmful: section({
      times: field.harmfulTimes().prefault(d.harmful.times ?? 1),
      plus: field.harmfulPlus().prefault(points.format(d.harmful.plus ?? 0)),
    })
      .prefault({})
      .describe('Health is proven against it.'),
  })
    .prefault({})
    .describe('Failed requests.')
}

function latencySchema(d: MetricSettings) {
  const field = analysisFields
  return section({
    weight: field.weight().prefault(d.weight),
    tolerated: section({ slower: field.slower().prefault(d.tolerated.slower ?? 1) })
      .prefault({})
      .describe('No reason to go back.'),
    harmful: section({ times: field.harmfulExceedance().prefault(d.harmful.times ?? 1) })
      .prefault({})
      .describe('Health is proven against it.'),
  })
    .prefault({})
    .describe(`Latency at the ${(d.quantile ?? 0) * 100}th percentile of the control.`)
}

function defaultMetric(name: string): MetricSettings {
  const found = defaultAnalysis.metrics.find((metric) => metric.name === name)
  if (found === undefined) throw new Error(`invariant: no default for the metric ${name}`)
  return found
}
