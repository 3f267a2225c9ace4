import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import { formatHolds } from '../src/cli/print/formatHolds.ts'
import { formatPromotion } from '../src/cli/print/formatPromotion.ts'
import { HoldLine } from './parts/holdLine.tsx'
import { cameHome, moving } from './promotion.fixture.ts'
import { VerdictCard } from './screens/promotion/verdictCard.tsx'

describe('one promotion, one sentence', () => {
  test('the reason of a way back stands in the browser as in the CLI: the engine wrote it', () => {
    const text = cameHome.result?.text ?? ''
    expect(formatPromotion(cameHome)).toContain(text)
    expect(renderToStaticMarkup(createElement(VerdictCard, { promotion: cameHome }))).toContain(text)
  })

  test('so does a hold, with what helps', () => {
    const [hold] = moving.holds
    if (hold === undefined) throw new Error('has one')
    const shown = renderToStaticMarkup(createElement(HoldLine, { hold }))
    for (const words of [hold.text, hold.help]) {
      expect(formatHolds(moving.holds)).toContain(words)
      expect(shown).toContain(words)
    }
  })

  test('what a name holds is text, never markup', () => {
    const [hold] = moving.holds
    if (hold === undefined) throw new Error('has one')
    const shown = renderToStaticMarkup(
      createElement(HoldLine, { hold: { ...hold, text: '<img src=x onerror=alert(1)>' } }),
    )
    expect(shown).not.toContain('<img')
    expect(shown).toContain('&lt;img')
  })
})
