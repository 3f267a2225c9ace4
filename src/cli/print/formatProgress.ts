import type { Promotion } from '../../http/contract/documents.ts'
import { formatCount, formatShare } from './units.ts'

type Arm = { readonly requests: number; readonly bad: number }

/** One line: where the promotion is and why it is not further. */
export function formatProgress(promotion: Promotion): string {
  const parts = [`${promotion.id} ${promotion.service}`, describeStage(promotion)]
  const { rollout } = promotion
  if (rollout !== undefined && promotion.stage !== promotion.stages[0]?.name) {
    if (rollout.share.set > 0)
      parts.push(`share ${formatShare(rollout.share.set)} (seen ${formatShare(rollout.share.seen)})`)
    if (rollout.hosts.onNew > 0) parts.push(`${rollout.hosts.onNew} of ${rollout.hosts.total} hosts`)
    if (rollout.arms.canary.requests > 0)
      parts.push(`${formatArm(rollout.arms.canary)} against ${formatArm(control(rollout.arms))}`)
    parts.push(rollout.verdict)
  }
  const held = promotion.holds.map((hold) => hold.text)
  if (held.length > 0) parts.push(`waits: ${held.join('; ')}`)
  return parts.join(' · ')
}

/** What makes a new line worth printing where lines cannot be rewritten: anything but the counters. */
export function progressKey(promotion: Promotion): string {
  const { phase, stage, stages, rollout, holds } = promotion
  return JSON.stringify([
    phase,
    stage,
    stages.map((trip) => [trip.phase, trip.tests.length]),
    rollout?.share.set,
    rollout?.hosts.onNew,
    rollout?.verdict,
    holds.map(({ rule, on }) => [rule, on]),
  ])
}

/** `454 requests, 5.1 % bad` */
export function formatArm({ requests, bad }: Arm): string {
  return `${formatCount(requests)} requests, ${formatShare(requests === 0 ? 0 : bad / requests)} bad`
}

/** The arm that the canary is compared with: fresh instances of the stable build, while there are any. */
export function control(arms: { readonly stable: Arm; readonly baseline: Arm }): Arm {
  return arms.baseline.requests > 0 ? arms.baseline : arms.stable
}

function describeStage(promotion: Promotion): string {
  const trip = promotion.stages.find((stage) => stage.name === promotion.stage)
  if (promotion.phase !== 'moving') return `${promotion.phase} (${promotion.stage})`
  const tests = trip?.tests ?? []
  const failed = tests.filter((test) => !test.passed)
  if (failed.length > 0) return `${promotion.stage}: ${failed.map((test) => test.name).join(', ')} failed`
  return tests.length === 0 ? promotion.stage : `${promotion.stage}: ${tests.length} tests passed`
}
