import { duration, percent, points, size, type Unit } from './fields.ts'

/** A field that a service may be allowed to change: where it stands, and how its values are compared. */
export interface OverridableField {
  readonly section: 'pipeline' | 'analysis'
  /** Absent: a number without a unit. */
  readonly unit?: Unit
}

const pipeline = (unit: Unit): OverridableField => ({ section: 'pipeline', unit })
const analysis = (unit?: Unit): OverridableField => ({ section: 'analysis', ...(unit && { unit }) })

const latencies = ['latency-p50', 'latency-p90', 'latency-p99'].flatMap((metric): [string, OverridableField][] => [
  [`metrics.${metric}.weight`, analysis()],
  [`metrics.${metric}.tolerated.slower`, analysis()],
  [`metrics.${metric}.harmful.times`, analysis()],
])

/** Everything that `mayOverride` can name. Stages are the organisation's alone. */
export const overridableFields: ReadonlyMap<string, OverridableField> = new Map<string, OverridableField>([
  ['minimum.share', pipeline(duration)],
  ['minimum.batch', pipeline(duration)],
  ['minimum.bake', pipeline(duration)],
  ['deadline', pipeline(duration)],
  ['watchedFor', pipeline(duration)],
  ['slice', analysis(duration)],
  ['startUp', analysis(duration)],
  ['alpha', analysis()],
  ['beta', analysis()],
  ['metrics.errors.weight', analysis()],
  ['metrics.errors.tolerated.times', analysis()],
  ['metrics.errors.tolerated.plus', analysis(points)],
  ['metrics.errors.harmful.times', analysis()],
  ['metrics.errors.harmful.plus', analysis(points)],
  ...latencies,
  ['guards.errors', analysis(percent)],
  ['guards.latency-p99', analysis(duration)],
  ['guards.memory', analysis(size)],
  ['guards.crashes.times', analysis()],
  ['guards.crashes.within', analysis(duration)],
])
