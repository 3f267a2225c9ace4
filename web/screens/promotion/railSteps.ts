import type { Promotion } from '../../../src/http/contract/documents.ts'
import { duration, percent, plural } from '../../format/units.ts'
import type { RailStep } from '../../parts/stageRail.tsx'

type Stage = Promotion['stages'][number]

/** The way of a promotion as steps: tests, each share, each batch, the bake. */
export function railSteps(promotion: Promotion): readonly RailStep[] {
  const [first, ...rest] = promotion.stages
  const begin = first ? [testStep(promotion, first)] : []
  const { rollout } = promotion
  const inProduction = rollout !== undefined && rollout.plan.steps.length > 0 && promotion.stage !== first?.name
  if (!inProduction) return [...begin, ...rest.map((stage) => plainStep(promotion, stage))]
  return [...begin, ...planSteps(promotion, rollout)]
}

function testStep(promotion: Promotion, stage: Stage): RailStep {
  const state = stateOf(promotion, stage)
  const passed = stage.tests.filter((test) => test.passed).length
  const failed = stage.tests.length - passed
  const names = { done: 'Passed', now: 'Tests', next: 'Tests', back: 'Came back', 'not-reached': 'Tests' }
  return {
    key: stage.name,
    group: stage.name,
    name: names[state],
    line: failed > 0 ? `${plural(failed, 'test')} failed` : `${plural(passed, 'test')}${took(stage)}`,
    state,
    role: state === 'back' ? 'bad' : 'staging',
    isHeld: state === 'now' && promotion.holds.length > 0,
  }
}

function plainStep(promotion: Promotion, stage: Stage): RailStep {
  const state = stateOf(promotion, stage)
  const line = state === 'not-reached' ? 'not reached' : state === 'done' ? `passed${took(stage)}` : ''
  return { key: stage.name, group: '', name: stage.name, line, state, role: state === 'back' ? 'bad' : 'stable' }
}

function planSteps(promotion: Promotion, rollout: NonNullable<Promotion['rollout']>): readonly RailStep[] {
  const { plan, hosts, judged } = rollout
  const isBack = promotion.result !== undefined && promotion.phase !== 'done'
  const isReturning = isBack || promotion.phase === 'rolling-back'
  const canary = promotion.stages.at(-2)?.name ?? 'canary'
  const production = promotion.stages.at(-1)?.name ?? 'production'
  const stateAt = (index: number): RailStep['state'] => {
    if (promotion.phase === 'done' || index < plan.step) return 'done'
    if (index === plan.step) return isReturning ? 'back' : 'now'
    return isReturning ? 'not-reached' : 'next'
  }
  const progress = judged === undefined ? 0 : Math.min(1, judged.ms / Math.max(1, judged.minimumMs))
  const lineAt = (index: number, minimumMs: number): string => {
    const state = stateAt(index)
    if (state === 'now') return judged ? `watched ${duration(judged.ms)} of ${duration(minimumMs)}` : 'starts'
    if (state === 'back') return 'came back from here'
    if (state === 'not-reached') return 'not reached'
    return state === 'done' ? 'passed' : `${duration(minimumMs)} at least`
  }
  const held = promotion.holds.length > 0
  const steps = plan.steps.map((step, index): RailStep => {
    const state = stateAt(index)
    const isShare = step.share !== undefined
    return {
      key: `${step.kind} ${index}`,
      group: isShare ? canary : production,
      name: isShare ? `${percent(step.share)} of traffic` : plural(step.hosts ?? hosts.total, 'host'),
      line: lineAt(index, step.minimumMs),
      state,
      role: state === 'back' ? 'bad' : isShare ? 'canary' : 'stable',
      ...(state === 'now' ? { progress, isHeld: held } : {}),
    }
  })
  const bake = plan.steps.length
  const bakeState = stateAt(bake)
  return [
    ...steps,
    {
      key: 'bake',
      group: 'bake',
      name: duration(plan.bakeMs),
      line: bakeState === 'next' ? 'then done' : lineAt(bake, plan.bakeMs),
      state: bakeState,
      role: bakeState === 'back' ? 'bad' : 'stable',
      ...(bakeState === 'now' ? { progress } : {}),
    },
  ]
}

function stateOf(promotion: Promotion, stage: Stage): RailStep['state'] {
  if (stage.phase === 'passed') return 'done'
  if (stage.phase === 'failed') return 'back'
  const hasEnded = promotion.result !== undefined || promotion.phase === 'superseded'
  if (stage.phase === 'running') return hasEnded || promotion.phase === 'rolling-back' ? 'back' : 'now'
  return hasEnded ? 'not-reached' : 'next'
}

function took({ startedAt, endedAt }: Stage): string {
  if (startedAt === undefined || endedAt === undefined) return ''
  return ` in ${duration(Date.parse(endedAt) - Date.parse(startedAt))}`
}
