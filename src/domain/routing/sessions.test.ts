import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { drawFromHash, sessionSeed } from './sessions.ts'

function drawOf(session: string, service: string): number {
  return drawFromHash(createHash('sha256').update(sessionSeed(session, service)).digest())
}

test('the first 53 bits, as a fraction', () => {
  expect(drawFromHash(new Uint8Array(32))).toBe(0)
  expect(drawFromHash(new Uint8Array(32).fill(255))).toBe(1 - 2 ** -53)
  expect(drawFromHash(Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0))).toBe(0.5)
})

test('sessions fall evenly, and a session falls differently for each service', () => {
  const draws = Array.from({ length: 20_000 }, (_, at) => drawOf(`session-${at}`, 'cart'))
  const inFirstTwentieth = draws.filter((draw) => draw < 0.05).length / draws.length
  // Five standard errors of a 5 % share over 20,000 sessions.
  expect(Math.abs(inFirstTwentieth - 0.05)).toBeLessThan(5 * Math.sqrt((0.05 * 0.95) / draws.length))
  const both = draws.filter((draw, at) => draw < 0.5 === drawOf(`session-${at}`, 'pay') < 0.5).length / draws.length
  expect(Math.abs(both - 0.5)).toBeLessThan(0.02)
})
