import { describe, expect, test } from 'vitest'
import type { Status } from '../../../src/http/contract/documents.ts'
import { nbsp } from '../../format/units.ts'
import { countHosts, loadOf, movingIn, sayEnvironment, sayLoad } from './sayEnvironment.ts'

type Host = Status['environments'][number]['services'][number]['hosts'][number]

function host(id: string, layer: string, ready = true): Host {
  return { id, build: 'one', digest: 'd', pid: 1, startedAt: null, ready, layer, instance: id }
}

function statusWith(hosts: readonly Host[], moving: Status['moving'] = []): Status {
  const service = { name: 'cart', owner: 'shop', stable: 'one', digest: 'd', hosts: [...hosts], kept: [] }
  return {
    stages: [
      { name: 'try', kind: 'test', environment: 'lab' },
      { name: 'canary', kind: 'canary', environment: 'live' },
    ],
    environments: [{ name: 'live', front: 'http://127.0.0.1:1', services: [service] }],
    gateways: [],
    moving,
  }
}

const say = (status: Status): string => sayEnvironment(status, status.environments[0]!).replaceAll(nbsp, ' ')

describe('sayEnvironment', () => {
  test('quiet when everything is ready', () => {
    expect(say(statusWith([host('1', 'stable'), host('2', 'stable')]))).toBe(
      'live runs 1 service on 2 hosts, all ready. Nothing moves.',
    )
  })

  test('a host that is not ready comes first', () => {
    const moving = [{ promotion: 'p-1', service: 'cart', stage: 'canary', text: '' }]
    expect(say(statusWith([host('1', 'stable'), host('2', 'stable', false)], moving))).toBe(
      '1 of 2 hosts of live is not ready.',
    )
  })

  test('what moves here is named; what moves in another environment is not', () => {
    const here = statusWith([host('1', 'stable')], [{ promotion: 'p-1', service: 'cart', stage: 'canary', text: '' }])
    const elsewhere = statusWith([host('1', 'stable')], [{ promotion: 'p-1', service: 'cart', stage: 'try', text: '' }])
    expect(say(here)).toBe('cart moves in live: 1 service on 1 host, all ready.')
    expect(movingIn(here, 'live')).toEqual(['cart'])
    expect(movingIn(elsewhere, 'live')).toEqual([])
  })

  test('a guest that is not ready yet makes no host unready', () => {
    const status = statusWith([host('1', 'stable'), host('canary-1', 'canary', false)])
    expect(countHosts(status.environments[0]!)).toEqual({ ready: 1, total: 1 })
  })
})

describe('loadOf', () => {
  const traffic = {
    services: [
      { environment: 'live', service: 'cart', requests: [9, ...new Array<number>(10).fill(4)], bad: [9, 0, 1] },
      { environment: 'lab', service: 'cart', requests: [100], bad: [0] },
    ],
  }

  test('sums the last 10 seconds of this environment only', () => {
    const load = loadOf(traffic, 'live')
    expect(load.requests).toBe(40)
    expect(load.perSecond).toBe(4)
  })

  test('says that nobody asks', () => {
    expect(sayLoad(loadOf(undefined, 'live'))).toBe('no requests now')
    expect(sayLoad({ requests: 40, perSecond: 4, bad: 2 }).replaceAll(nbsp, ' ')).toBe('4 req/s, 5 % bad')
  })
})
