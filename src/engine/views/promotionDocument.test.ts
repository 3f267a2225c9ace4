import { describe, expect, test } from 'vitest'
import { promotionOf } from '../../domain/promotion/promotion.fixture.ts'
import type { Hold } from '../../domain/holds.ts'
import { batches, fullPlan, healthy, rolloutOf } from '../../domain/rollout/rollout.fixture.ts'
import type { JudgementSeen } from '../../domain/rollout/seen.ts'
import { promotionDocument, type PromotionParts } from './promotionDocument.ts'

const rollout = rolloutOf({ id: 'r-7-2', phase: 'holding' })
const stages = promotionOf().stages.map((stage) => ({ ...stage, rollout: 'r-7-2' }))
const moving = promotionOf({ phase: 'moving', stages })

function rulesOf(changes: Partial<PromotionParts>): readonly string[] {
  const document = promotionDocument({ promotion: moving, rollouts: [rollout], holds: [], ...changes })
  return document.holds.map((hold) => `${hold.rule}: ${hold.text}`)
}

describe('a verdict that leaves it open has a hold that says so', () => {
  const open: JudgementSeen = { ...healthy, verdict: 'not-enough-data', missing: 'no proof of health yet for errors' }

  test('while something else holds it', () => {
    const hold: Hold = { rule: 'minimum-time', on: 'r-7-2', sinceMs: 0, text: '1 s of 30 s', help: 'wait' }
    expect(rulesOf({ judgement: open, holds: [hold] })).toEqual([
      'minimum-time: 1 s of 30 s',
      'not-enough-data: no proof of health yet for errors',
    ])
  })

  test('before anything was judged, and where nothing is measured', () => {
    expect(rulesOf({})).toEqual(['not-enough-data: no slice has been judged yet'])
    const facts = { ...rollout, environment: 'staging', plan: { ...fullPlan, steps: batches, watch: 'facts' } } as const
    expect(rulesOf({ rollouts: [facts] })).toEqual([
      'not-enough-data: requests are not measured in staging: tests and readiness decide there',
    ])
  })

  test('while nothing can be seen', () => {
    expect(rulesOf({ judgement: { ...healthy, verdict: 'cannot-see' } })).toEqual([
      'cannot-see: the measurements of the gateways are missing or stale',
    ])
  })

  test('once, not twice; and none for a verdict that is clear, nor after the end', () => {
    const said: Hold = { rule: 'not-enough-data', on: 'r-7-2', sinceMs: 0, text: 'said', help: 'wait' }
    expect(rulesOf({ judgement: open, holds: [said] })).toEqual(['not-enough-data: said'])
    expect(rulesOf({ judgement: healthy })).toEqual([])
    expect(rulesOf({ promotion: { ...moving, phase: 'done' } })).toEqual([])
  })
})
