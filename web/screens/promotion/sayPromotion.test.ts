import { describe, expect, test } from 'vitest'
import type { Promotion } from '../../../src/http/contract/documents.ts'
import { cameHome, moving } from '../../promotion.fixture.ts'
import { railSteps } from './railSteps.ts'
import { sayPromotion } from './sayPromotion.ts'

const plain = (text: string): string => text.replaceAll('\u00a0', ' ')
const { rollout } = moving
if (rollout === undefined) throw new Error('the fixture has a rollout')
const withRollout = (part: Partial<typeof rollout>): Promotion => ({
  ...moving,
  stage: 'production',
  rollout: { ...rollout, ...part },
})

describe('the title of a promotion says where it is and what comes', () => {
  const title = (promotion: Promotion): string => plain(sayPromotion(promotion).title)

  test('in the canary', () => {
    expect(title(moving)).toBe('cart red-button serves 5 % of production. Next: 10 %.')
    expect(plain(sayPromotion(moving).lede)).toBe('12 s of at least 30 s judged at 5 %. Nobody has to do anything.')
    expect(plain(sayPromotion(moving).brief)).toBe('5 % · cart red-button')
  })

  test('in staging, in a batch, in the bake, at the end', () => {
    expect(title({ ...moving, stage: 'staging' })).toBe('cart red-button is tested in staging. Next: canary.')
    const batch = withRollout({ layer: 'batch', hosts: { total: 4, onNew: 1 }, plan: { ...rollout.plan, step: 2 } })
    expect(title(batch)).toBe('cart red-button runs on 1 of 4 hosts of production. Next: 4 of 4 hosts.')
    const bake = withRollout({ phase: 'baking', hosts: { total: 4, onNew: 4 }, plan: { ...rollout.plan, step: 4 } })
    expect(title(bake)).toContain('runs on every host of production and bakes.')
    expect(title({ ...moving, phase: 'done' })).toBe('cart red-button serves everyone.')
  })

  test('rolled back is good news first, with what users felt', () => {
    expect(title(cameHome)).toBe('cart red-button was rolled back. blue-button serves everything again.')
    expect(sayPromotion(cameHome).lede).toBe(
      '2 of the 454 requests that it served went wrong. Nobody has to do anything now.',
    )
  })

  test('a hold for a person says so, an id keeps its small letter', () => {
    const [hold] = moving.holds
    if (hold === undefined) throw new Error('has one')
    const held: Promotion = { ...moving, holds: [{ ...hold, rule: 'deadline', text: 'not proven after 10 min' }] }
    expect(sayPromotion(held).lede).toContain('It waits for a person')
    const taken: Promotion = { ...moving, phase: 'waiting', holds: [{ ...hold, text: 'p-2 is in staging' }] }
    expect(sayPromotion(taken).lede).toMatch(/^p-2 /)
  })
})

describe('the rail', () => {
  const states = (promotion: Promotion): string =>
    railSteps(promotion)
      .map(({ state }) => state)
      .join(' ')

  test('shows what is behind, where it is, what comes', () => {
    expect(states(moving)).toBe('done now next next next next')
    expect(railSteps(moving)[1]).toMatchObject({ progress: 0.4, isHeld: true, role: 'canary' })
  })

  test('shows where it came back from, and what was not reached', () => {
    expect(states(cameHome)).toBe('done back not-reached not-reached not-reached not-reached')
  })

  test('in staging nothing of production is claimed', () => {
    const inStaging: Promotion = {
      ...moving,
      stage: 'staging',
      stages: moving.stages.map((stage, index) => ({ ...stage, phase: index === 0 ? 'running' : 'pending' })),
    }
    expect(states(inStaging)).toBe('now next next')
  })

  test('at the end everything is done', () => {
    expect(new Set(railSteps({ ...moving, phase: 'done' }).map(({ state }) => state))).toEqual(new Set(['done']))
  })
})
