import type { Promotion } from '../../../src/http/contract/documents.ts'
import { isUnderWay } from '../../live/needs.ts'

const words = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine']

/** The state of everything as a sentence: what waits for a person, what moves, what came home lately. */
export function sayBoard(promotions: readonly Promotion[], needs: number, nowMs: number): string {
  const moving = promotions.filter((one) => isUnderWay(one) && one.phase !== 'rolling-back').length
  const returning = promotions.filter((one) => one.phase === 'rolling-back').length
  const home = promotions.filter((one) => cameHomeLately(one, nowMs)).length
  const parts = [
    ...(needs > 0 ? [`${inWords(needs)} ${needs === 1 ? 'thing waits' : 'things wait'} for you`] : []),
    ...(moving > 0 ? [`${inWords(moving)} ${moving === 1 ? 'service moves' : 'services move'}`] : []),
    ...(returning > 0 ? [`${inWords(returning)} on the way back`] : []),
    ...(home > 0 ? [`${inWords(home)} came home`] : []),
  ]
  if (parts.length === 0) return 'Nothing moves. Everything serves.'
  const sentence = parts.map((part, index) => (index === 0 ? part : part.charAt(0).toLowerCase() + part.slice(1)))
  return `${sentence.join(', ')}.`
}

/** It came back within the last hour: still of interest to whoever looks. */
export function cameHomeLately(promotion: Promotion, nowMs: number): boolean {
  const { phase, endedAt } = promotion
  return (
    (phase === 'rolled-back' || phase === 'aborted') && endedAt !== undefined && nowMs - Date.parse(endedAt) < 3_600_000
  )
}

/** Small numbers as words, as at the beginning of a sentence. */
export function inWords(count: number): string {
  return words[count] ?? String(count)
}
