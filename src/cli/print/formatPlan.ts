import type { Plan } from '../../http/contract/documents.ts'
import { formatTable } from './formatTable.ts'
import { formatCount, formatDuration, formatShare } from './units.ts'

type Find = Plan['stages'][number]['finds'][number]

/** What a promotion would find, when, and what the way back costs. */
export function formatPlan(plan: Plan): string {
  const verdict = plan.canTell
    ? 'It can tell a good build from a bad one.'
    : 'It CANNOT tell a good build from a bad one.'
  const stages = plan.stages.map((stage) => `${formatStage(stage)}\n${formatFinds(stage.finds)}`)
  const wayBack = `way back: ${plan.wayBack.open ? 'open' : 'closed'}, ${formatDuration(plan.wayBack.ms)} (${plan.wayBack.text})`
  return `${verdict}\n  ${plan.text}\n\n${stages.join('')}\n${wayBack}\n`
}

function formatStage({ name, minutes, requests }: Plan['stages'][number]): string {
  if (requests === 0 && minutes === 0) return `${name}: tests, no request of a user`
  return `${name}: about ${formatMinutes(minutes)}, ${formatCount(Math.round(requests))} requests; would find`
}

/** A row per metric: from where it is now to how bad, and how soon that is found. */
function formatFinds(finds: readonly Find[]): string {
  const rows = [...Map.groupBy(finds, ({ metric }) => metric)].map(([metric, found]) => [
    `  ${metric}`,
    `from ${formatValue(metric, found[0]?.from ?? 0)}`,
    ...found.map(({ to, minutes }) => `to ${formatValue(metric, to)} in ${formatMinutes(minutes)}`),
  ])
  return formatTable(rows)
}

function formatMinutes(minutes: number): string {
  return formatDuration(minutes * 60_000)
}

function formatValue(metric: string, value: number): string {
  return metric.startsWith('latency') ? formatDuration(value) : formatShare(value)
}
