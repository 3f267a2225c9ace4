import { describe, expect, test } from 'vitest'
import type { SeenRequest } from '../../../src/http/contract/catalogDocuments.ts'
import { sayAnswer, whySteps } from './whySteps.ts'

const request: SeenRequest = {
  id: 'a',
  at: '2026-01-01T00:00:00.000Z',
  method: 'GET',
  route: '/api/cart',
  status: 200,
  ms: 3,
  caller: null,
  environment: 'live',
  service: 'cart',
  layer: 'stable',
  host: '2',
  refused: null,
  why: [
    { rule: 'route', text: 'the path belongs to cart' },
    { rule: 'layer-stable', text: 'stable serves everyone' },
  ],
}

describe('whySteps', () => {
  test('the last step that led somewhere is the one that decided', () => {
    expect(whySteps(request).map(({ look }) => look)).toEqual(['step', 'hit'])
  })

  test('a layer that was asked in vain is passed by, the next one decides', () => {
    const why = [
      ...request.why.slice(0, 1),
      { rule: 'pool-dead', text: 'no host of canary is up' },
      ...request.why.slice(1),
    ]
    expect(whySteps({ ...request, why }).map(({ look }) => look)).toEqual(['step', 'skip', 'hit'])
  })

  test('a refusal of the gateway comes last and nothing else decided', () => {
    const steps = whySteps({ ...request, refused: 'no-host' })
    expect(steps.map(({ look }) => look)).toEqual(['step', 'step', 'deny'])
    expect(steps.at(-1)).toMatchObject({ rule: 'no-host', text: 'no host of the service could take it' })
  })

  test('a refusal that is not known here is shown all the same', () => {
    expect(whySteps({ ...request, refused: 'something-new' }).at(-1)).toMatchObject({
      rule: 'something-new',
      look: 'deny',
    })
  })
})

describe('sayAnswer', () => {
  test('names the layer only when it is not the one for everyone', () => {
    expect(sayAnswer(request)).toBe('cart answered 200 on host 2.')
    expect(sayAnswer({ ...request, layer: 'canary', host: 'canary-1', status: 500 })).toBe(
      'The canary of cart answered 500 on host canary-1.',
    )
  })

  test('says whether the service had it when the gateway answered', () => {
    expect(sayAnswer({ ...request, refused: 'no-host', status: 503, host: null })).toBe(
      'The gateway itself answered 503: no host of the service could take it. cart never saw it.',
    )
    expect(sayAnswer({ ...request, refused: 'upstream-timeout', status: 504 })).toContain('host 2 of cart had it')
  })
})
