import { expect, test } from 'vitest'
import type { InstanceSpec } from '../../domain/catalog/instance.ts'
import { runtimeContract } from '../contract.ts'
import type { ContractBehaviour } from '../contract.ts'
import { createManualClock } from './manualClock.ts'
import { createMemoryRuntime } from './memoryRuntime.ts'
import type { Behaviour } from './memoryRuntime.ts'

const behaviours: Readonly<Record<ContractBehaviour, Behaviour>> = {
  serves: { readyAfterMs: 100 },
  'exits-at-once': { readyAfterMs: 'never', exitsAfterMs: 5, exitCode: 7 },
  'never-ready': { readyAfterMs: 'never' },
  'command-missing': { readyAfterMs: 'never', cannotStart: 'command "no-such-program" is not on PATH' },
  'store-fails': { readyAfterMs: 100, storeFails: 'migrate of store "main" ended with code 9' },
  stubborn: { readyAfterMs: 100, stopsAfterMs: Infinity },
}

const spec: InstanceSpec = {
  id: 'production-cart-1-r1',
  generation: 1,
  environment: 'production',
  service: 'cart',
  host: '1',
  build: { digest: `sha256:${'0'.repeat(64)}`, name: 'good' },
  command: ['node', 'main.ts'],
  ready: { path: '/healthz', withinMs: 10_000 },
  graceMs: 3_000,
  settings: {},
  data: [],
  backDoorPort: 1,
  crashes: { times: 3, withinMs: 60_000 },
}

runtimeContract('memory', async () => {
  const clock = createManualClock()
  const runtime = createMemoryRuntime({ clock, behave: (of) => behaviours[of.service as ContractBehaviour] })
  return {
    runtime,
    restart: async () => runtime,
    specFor: async (behaviour) => ({ ...spec, service: behaviour }),
    kill: (seen) => runtime.kill(seen.spec.id),
    runs: (seen) => runtime.list().some((other) => other.pid === seen.pid),
    until: async (what, holds) => {
      for (let ms = 0; ms < 15_000; ms += 10) {
        if (holds()) return
        clock.advance(10)
      }
      throw new Error(`after 15 s still not: ${what}`)
    },
    close: async () => undefined,
  }
})

test('memory is sampled every 5 s, the last three are kept, and a new process begins anew', async () => {
  const clock = createManualClock()
  const runtime = createMemoryRuntime({ clock, behave: () => ({ readyAfterMs: 10, memoryBytes: (ms) => ms }) })
  await runtime.ensure(spec)
  expect(runtime.list()[0]?.memory).toEqual([])
  clock.advance(21_000)
  expect(runtime.list()[0]?.memory).toEqual([10_000, 15_000, 20_000])
  runtime.kill(spec.id)
  clock.advance(1_000)
  expect(runtime.list()[0]?.memory).toEqual([])
})
