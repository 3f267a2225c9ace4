import type { Rollout } from '../rollout/rollout.ts'
import { leftText } from './returns.ts'
import type { Promotion, PromotionResult, StageTrip } from './promotion.ts'

/** How a promotion that arrived ended. */
export function resultOfDone(promotion: Promotion, rollouts: ReadonlyMap<string, Rollout>): PromotionResult {
  const stage = promotion.stages.at(-1)
  const rollout = stage?.rollout === undefined ? undefined : rollouts.get(stage.rollout)
  const hosts = rollout ? `${rollout.hosts} of ${rollout.hosts} hosts` : 'every host'
  const verb = promotion.kind === 'rollback' ? 'rolled back to' : 'arrived:'
  return {
    outcome: 'done',
    stage: stage?.name ?? '',
    text:
      promotion.kind === 'rollback'
        ? `${promotion.service} ${verb} ${promotion.build.name}; ${hosts} run it`
        : `${promotion.build.name} ${verb} ${hosts} of ${promotion.service} run it`,
    at: rollout?.endedAtMs === undefined ? {} : { decidedMs: rollout.endedAtMs },
  }
}

/** How a promotion that went back ended, and the numbers that said so. */
export function resultOfReturn(
  promotion: Promotion,
  outcome: 'rolled-back' | 'aborted',
  rollouts: ReadonlyMap<string, Rollout>,
): PromotionResult {
  const failed =
    promotion.stages.find((stage) => stage.phase === 'failed') ??
    promotion.stages.find((stage) => stage.phase !== 'passed') ??
    promotion.stages.at(-1)
  const name = failed?.name ?? ''
  const left = leftText(promotion, rollouts)
  const back = promotion.stages.map((stage) => rollouts.get(stage.rollout ?? '')?.back).find((one) => one !== undefined)
  if (promotion.wish) {
    const { wish } = promotion
    const verb = wish.kind === 'rollback' ? 'rolled back' : 'aborted'
    const text = `${verb} by ${wish.by}${wish.reason ? `: ${wish.reason}` : ''}`
    return {
      outcome,
      stage: name,
      cause: 'command',
      text: `${text}${left}`,
      at: { decidedMs: back?.decidedAtMs ?? wish.atMs, ...timesOf(back) },
    }
  }
  if (back) {
    const { cause, metric, text, canary, control, tolerated } = back
    return {
      outcome,
      stage: name,
      cause,
      ...(metric === undefined ? {} : { metric }),
      text: `${text}${left}`,
      ...(canary === undefined ? {} : { canary }),
      ...(control === undefined ? {} : { control }),
      ...(tolerated === undefined ? {} : { tolerated }),
      at: { decidedMs: back.decidedAtMs, ...timesOf(back) },
    }
  }
  return {
    outcome,
    stage: name,
    cause: 'test',
    text: `${testText(failed)}${left}`,
    at: failed?.endedAtMs === undefined ? {} : { decidedMs: failed.endedAtMs },
  }
}

function testText(stage: StageTrip | undefined): string {
  const failed = stage?.tests.filter((test) => !test.passed) ?? []
  const first = failed[0]
  if (!stage || !first) return 'it went back'
  const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : ''
  return `rolled back in ${stage.name}: test "${first.name}" failed: ${first.text}${more}`
}

function timesOf(back: Rollout['back']): { readonly firstBadMs?: number; readonly appliedMs?: number } {
  return {
    ...(back?.firstBadAtMs === undefined ? {} : { firstBadMs: back.firstBadAtMs }),
    ...(back?.appliedAtMs === undefined ? {} : { appliedMs: back.appliedAtMs }),
  }
}
