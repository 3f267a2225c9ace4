import type { Promotion } from '../../http/contract/documents.ts'
import { control, formatArm } from './formatProgress.ts'
import { formatHolds } from './formatHolds.ts'
import { formatTable } from './formatTable.ts'
import { formatClock, formatDuration, formatShare, shortDigest } from './units.ts'

/** Everything about one promotion, the answer first. */
export function formatPromotion(promotion: Promotion): string {
  const { id, phase, result, rollout, emergency } = promotion
  const build = buildOf(promotion)
  const lines = [
    `${id}: ${promotion.kind} of ${promotion.service} ${build.name} (${shortDigest(build.digest)}), ${phase}${result === undefined ? ` in ${promotion.stage}` : ''}`,
    `  ${result?.text ?? 'under way'}`,
    `  asked for by ${promotion.requestedBy} at ${promotion.requestedAt}${promotion.endedAt === undefined ? '' : `, ended at ${promotion.endedAt}`}`,
  ]
  if (emergency !== undefined) lines.push(`  EMERGENCY: ${emergency.reason} (${emergency.incident})`)
  let text = `${lines.join('\n')}\n\nStages\n${indent(formatStages(promotion))}`
  if (rollout !== undefined && result === undefined)
    text += `\nRollout ${rollout.id} in ${rollout.environment}\n${indent(formatRollout(rollout))}`
  if (promotion.holds.length > 0) text += `\nWhy it does not move\n${formatHolds(promotion.holds, '  ')}`
  return text
}

/** One line per promotion. */
export function formatPromotions(promotions: readonly Promotion[]): string {
  if (promotions.length === 0) return 'There are no promotions yet.\n'
  const rows = promotions.map((promotion) => [
    promotion.id,
    promotion.service,
    buildOf(promotion).name,
    promotion.phase,
    promotion.stage,
    promotion.requestedAt.slice(0, 19),
    inOneLine(promotion.result?.text ?? promotion.holds.map((hold) => hold.text).join('; ')),
  ])
  return formatTable([['ID', 'SERVICE', 'BUILD', 'PHASE', 'STAGE', 'ASKED FOR', 'WHAT HAPPENED'], ...rows])
}

/** A reason may quote a log; `show` has all of it. */
function inOneLine(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' · ')
  return line.length > 300 ? `${line.slice(0, 299)}…` : line
}

export function buildOf(promotion: Promotion): { readonly name: string; readonly digest: string } {
  return (
    promotion.candidate.builds[promotion.service] ?? {
      name: promotion.candidate.digest,
      digest: promotion.candidate.digest,
    }
  )
}

function formatStages({ stages }: Promotion): string {
  const rows = stages.map((stage) => {
    const took =
      stage.startedAt === undefined || stage.endedAt === undefined
        ? ''
        : formatDuration(Date.parse(stage.endedAt) - Date.parse(stage.startedAt))
    const since = stage.startedAt === undefined ? '' : `since ${formatClock(stage.startedAt)}`
    return [
      stage.name,
      stage.phase,
      took === '' ? since : `in ${took}`,
      stage.tests.map(({ name, passed }) => `${passed ? '✓' : '✗'} ${name}`).join('  '),
    ]
  })
  const failures = stages.flatMap((stage) =>
    stage.tests.filter((test) => !test.passed).map((test) => `✗ ${test.name}: ${test.text}\n`),
  )
  return formatTable(rows) + failures.join('')
}

function formatRollout(rollout: NonNullable<Promotion['rollout']>): string {
  const rows = [
    ['phase', `${rollout.phase}, verdict ${rollout.verdict}`],
    ['share', `${formatShare(rollout.share.set)} set, ${formatShare(rollout.share.seen)} seen`],
    ['hosts', `${rollout.hosts.onNew} of ${rollout.hosts.total} on the new build`],
    ['canary', formatArm(rollout.arms.canary)],
    ['control', formatArm(control(rollout.arms))],
  ]
  if (rollout.evidence !== undefined) {
    rows.push([
      'evidence',
      `of harm ${rollout.evidence.harm.toFixed(1)}, goes back at ${rollout.evidence.limit.toFixed(0)}; worst: ${rollout.evidence.worst}`,
    ])
  }
  if (rollout.judged !== undefined)
    rows.push([
      'judged',
      `${formatDuration(rollout.judged.ms)} of at least ${formatDuration(rollout.judged.minimumMs)}`,
    ])
  return formatTable(rows)
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}
