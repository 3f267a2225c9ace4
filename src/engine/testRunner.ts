import type { Promotion } from '../domain/promotion/promotion.ts'
import type { Test, TestResult } from '../domain/test/test.ts'
import { frontDoorId, loopbackDoorId } from '../domain/routing/compile.ts'
import type { NewEvent, Ports } from './ports.ts'

export interface TestRunner {
  /** Runs the tests of a stage that have no result yet, one after the other; asking again changes nothing. */
  readonly run: (promotion: Promotion, stage: string, tests: readonly Test[]) => void
  readonly stop: (promotion: string) => void
  readonly stopAll: () => Promise<void>
}

interface Run {
  readonly abort: AbortController
  readonly ended: Promise<void>
}

export function createTestRunner(ports: Ports, ended: (promotion: string) => void): TestRunner {
  const runs = new Map<string, Run>()

  async function runMissing(
    promotion: Promotion,
    stage: string,
    tests: readonly Test[],
    signal: AbortSignal,
  ): Promise<void> {
    const trip = promotion.stages.find((one) => one.name === stage)
    const doors = await ports.store.load('doors', 'current')
    const port =
      trip && (doors?.document[loopbackDoorId(trip.environment)] ?? doors?.document[frontDoorId(trip.environment)])
    if (!trip || port === undefined)
      throw new Error(`stage ${stage} of ${promotion.id} has no front door to test through`)
    for (const test of tests.filter((one) => !trip.tests.some((result) => result.name === one.name))) {
      if (signal.aborted) return
      const context = {
        frontDoor: `http://127.0.0.1:${port}`,
        service: promotion.service,
        environment: trip.environment,
        digest: promotion.build.digest,
        signal,
      }
      const result = await ports.tests.run(test, context)
      if (signal.aborted) return
      await record(ports, promotion.id, stage, result)
      ended(promotion.id)
      if (!result.passed) return
    }
  }

  return {
    run: (promotion, stage, tests) => {
      if (runs.has(promotion.id)) return
      const abort = new AbortController()
      const done = runMissing(promotion, stage, tests, abort.signal).then(
        () => {
          runs.delete(promotion.id)
          ended(promotion.id)
        },
        // Not woken: the next look at the promotion runs them again, so that a lasting error cannot go in circles.
        (error: unknown) => {
          runs.delete(promotion.id)
          ports.report('tests', error)
        },
      )
      runs.set(promotion.id, { abort, ended: done })
    },
    stop: (promotion) => runs.get(promotion)?.abort.abort(),
    stopAll: async () => {
      for (const run of runs.values()) run.abort.abort()
      await Promise.all([...runs.values()].map((run) => run.ended))
    },
  }
}

/** Another writer may have saved the promotion meanwhile: the result is added to what is there then. */
const mostTries = 5

async function record(ports: Ports, promotion: string, stage: string, result: TestResult): Promise<void> {
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const stored = await ports.store.load('promotion', promotion)
    if (!stored) return
    const stages = stored.document.stages.map((one) =>
      one.name === stage
        ? { ...one, tests: [...one.tests.filter((known) => known.name !== result.name), result] }
        : one,
    )
    const document = { ...stored.document, stages }
    const event: NewEvent = {
      atMs: ports.clock.now(),
      actor: 'engine',
      kind: result.passed ? 'test.passed' : 'test.failed',
      on: promotion,
      promotion,
      service: document.service,
      text: `${document.service} ${document.build.name}: ${result.kind} "${result.name}" ${result.passed ? 'passed' : `failed: ${result.text}`}`,
    }
    const committed = await ports.store.commit({
      documents: [
        {
          kind: 'promotion',
          id: promotion,
          revision: stored.revision,
          document,
          service: document.service,
          phase: document.phase,
        },
      ],
      events: [event],
    })
    if (committed.saved) return
  }
  throw new Error(`the result of test "${result.name}" of ${promotion} could not be saved`)
}
