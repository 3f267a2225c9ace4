import type { Plan } from '../../http/contract/documents.ts'
import { formatCount, formatDuration, formatShare } from './units.ts'

/** What a promotion would find, when, and what the way back costs. */
export function formatPlan(plan: Plan): string {
  const lines = [
    plan.canTell ? 'It can tell a good build from a bad one.' : 'It CANNOT tell a good build from a bad one.',
    `  ${plan.text}`,
    '',
  ]
  for (const stage of plan.stages) {
    lines.push(
      `${stage.name}: about ${formatMinutes(stage.minutes)}, ${formatCount(Math.round(stage.requests))} requests`,
    )
    for (const find of stage.finds) {
      lines.push(
        `  would find ${find.metric} from ${formatValue(find.metric, find.from)} to ${formatValue(find.metric, find.to)} within ${formatMinutes(find.minutes)}`,
      )
    }
  }
  lines.push(
    '',
    `way back: ${plan.wayBack.open ? 'open' : 'closed'}, ${formatDuration(plan.wayBack.ms)} (${plan.wayBack.text})`,
  )
  return `${lines.join('\n')}\n`
}

function formatMinutes(minutes: number): string {
  return formatDuration(minutes * 60_000)
}

function formatValue(metric: string, value: number): string {
  return metric.startsWith('latency') ? formatDuration(value) : formatShare(value)
}
