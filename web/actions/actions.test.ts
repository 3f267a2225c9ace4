import { describe, expect, test } from 'vitest'
import type { Promotion } from '../../src/http/contract/documents.ts'
import { findNeeds } from '../live/needs.ts'
import { cameHome, moving } from '../promotion.fixture.ts'
import { findEntries } from '../shell/paletteEntries.ts'
import { findOffReason, toCommand } from './actions.ts'

const [hold] = moving.holds
if (hold === undefined) throw new Error('the fixture has a hold')
const atDeadline: Promotion = { ...moving, holds: [{ ...hold, rule: 'deadline' }] }

describe('an action that cannot be used says why', () => {
  test('while it moves', () => {
    expect(findOffReason('Abort', moving)).toBeUndefined()
    expect(findOffReason('Roll back', moving)).toBeUndefined()
    expect(findOffReason('Retry', moving)).toContain('has not ended')
    expect(findOffReason('Pass hold', moving)).toContain('no hold waits for a person')
    expect(findOffReason('Pass hold', atDeadline)).toBeUndefined()
  })

  test('after its end', () => {
    expect(findOffReason('Abort', cameHome)).toContain('it has ended')
    expect(findOffReason('Retry', cameHome)).toBeUndefined()
    expect(findOffReason('Retry', { ...cameHome, phase: 'done' })).toContain('has arrived')
  })

  test('an emergency can be followed up after it has arrived', () => {
    const emergency = { reason: 'nobody can pay', incident: 'INC-7' }
    expect(findOffReason('Pass hold', { ...moving, phase: 'done', emergency })).toBeUndefined()
    expect(
      findOffReason('Pass hold', { ...moving, phase: 'done', emergency: { ...emergency, closedBy: 'x' } }),
    ).toBeDefined()
  })
})

describe('the command of an action', () => {
  test.each([
    ['Abort', "./cofferdam promotion abort p-7 --reason 'wrong build'"],
    ['Retry', "./cofferdam promotion retry p-7 --reason 'wrong build'"],
    ['Pass hold', "./cofferdam promotion pass p-7 --reason 'wrong build'"],
    ['Roll back', "./cofferdam rollback cart --reason 'wrong build'"],
  ] as const)('%s', (name, command) => expect(toCommand(name, moving, 'wrong build')).toBe(command))
})

describe('what waits for a person', () => {
  test('a hold at its deadline does, others do not', () => {
    expect(findNeeds([moving], [])).toEqual([])
    expect(findNeeds([atDeadline], []).map(({ promotion }) => promotion)).toEqual(['p-7'])
  })
})

describe('find or run', () => {
  const parts = { promotions: [moving, { ...cameHome, id: 'p-6' }] }

  test('every word must fit, and actions that are off stay with their reason', () => {
    const found = findEntries({ ...parts, words: 'cart retry' })
    expect(found.map(({ title, off }) => [title, off])).toEqual([
      ['Retry: cart red-button', 'it has not ended: there is nothing to retry'],
      ['Retry: cart red-button', undefined],
    ])
  })

  test('> leaves the commands only', () => {
    expect(findEntries({ ...parts, words: '>' }).every(({ group }) => group === 'Run')).toBe(true)
    expect(findEntries({ ...parts, words: '' }).some(({ group }) => group === 'Go to')).toBe(true)
  })

  test('services and environments are places', () => {
    const service = { name: 'cart', owner: 'shop', stable: 'one', digest: 'x', hosts: [], kept: [] }
    const status = {
      stages: [],
      environments: [{ name: 'production', front: '', services: [service] }],
      gateways: [],
      moving: [],
    }
    const found = (words: string) =>
      findEntries({ promotions: [], status, words }).map(({ title, command }) => [title, command])
    expect(found('service cart')[0]).toEqual(['Service cart', './cofferdam service show cart'])
    expect(found('environment production')).toEqual([
      ['Environment production', './cofferdam environment show production'],
    ])
  })

  test('what a person chose for this browser is there too, on a phone as well', () => {
    expect(findEntries({ ...parts, words: 'compact' }).map(({ title }) => title)).toEqual(['Density: compact'])
  })

  test('without a login nothing can be run', () => {
    expect(findEntries({ ...parts, words: '>', off: 'log in first' }).every(({ off }) => off !== undefined)).toBe(true)
  })
})
