import { expect, test } from 'vitest'
import { judge } from './checkCertificates.ts'

const dayMs = 24 * 3_600_000
const nowMs = Date.parse('2026-11-01T00:00:00Z')
const of = (days: number | null, problem: string | null = null) =>
  judge(
    {
      door: 'production/front',
      names: ['shop.test'],
      expiresAt: days === null ? null : new Date(nowMs + days * dayMs).toISOString(),
      problem,
    },
    nowMs,
  )

test('a certificate that lasts is good; one that does not, or cannot be replaced, is not', () => {
  expect(of(30).ok).toBe(true)
  expect(of(13)).toMatchObject({ ok: false, value: 'the one that is served expires at 2026-11-14T00:00:00.000Z' })
  expect(of(-1).ok).toBe(false)
  expect(of(30, 'key is another').ok).toBe(false)
  expect(of(null, 'certificate is not there')).toMatchObject({
    ok: false,
    value: 'certificate is not there; none is served',
  })
})
