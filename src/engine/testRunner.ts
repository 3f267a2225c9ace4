import type { Promotion, StageTrip } from '../domain/promotion/promotion.ts'
import { addTrouble, withoutTrouble } from '../domain/promotion/testTrouble.ts'
import type { Test, TestResult } from '../domain/test/test.ts'
import { frontDoorId } from '../domain/routing/compile.ts'
import type { NewEvent, Ports } from './ports.ts'
import { promotionWrite } from './promotionWrite.ts'

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
  /** Promotions whose trouble could not be saved → when they may be tried again. */
  const restsUntilMs = new Map<string, number>()

  async function runMissing(
    promotion: Promotion,
    stage: string,
    tests: readonly Test[],
    signal: AbortSignal,
  ): Promise<void> {
    const trip = promotion.stages.find((one) => one.name === stage)
    const doors = await ports.store.load('doors', 'current')
    const port = trip && doors?.document[frontDoorId(trip.environment)]
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

  /** Saved with the promotion: its next pass knows how often it was tried. */
  async function noteTrouble(promotion: string, stage: string, error: unknown): Promise<void> {
    const text = error instanceof Error ? error.message : String(error)
    try {
      const saved = await changeStage(
        ports,
        promotion,
        stage,
        (one) => addTrouble(one, text, ports.clock.now()),
        (document) => ({
          atMs: ports.clock.now(),
          actor: 'engine',
          kind: 'test.not-run',
          on: promotion,
          promotion,
          service: document.service,
          text: `${document.service} ${document.build.name}: the tests of ${stage} cannot be run: ${text}`,
        }),
      )
      if (!saved) throw new Error(`the trouble with the tests of ${promotion} could not be saved`)
    } catch (failure) {
      // What cannot be written down cannot be counted: it waits here instead.
      restsUntilMs.set(promotion, ports.clock.now() + unsavedRestMs)
      ports.report('tests', failure)
    }
  }

  return {
    run: (promotion, stage, tests) => {
      if (runs.has(promotion.id) || ports.clock.now() < (restsUntilMs.get(promotion.id) ?? 0)) return
      restsUntilMs.delete(promotion.id)
      const abort = new AbortController()
      const done = runMissing(promotion, stage, tests, abort.signal).then(
        () => {
          runs.delete(promotion.id)
          ended(promotion.id)
        },
        async (error: unknown) => {
          ports.report('tests', error)
          if (!abort.signal.aborted) await noteTrouble(promotion.id, stage, error)
          runs.delete(promotion.id)
          // The promotion knows when the next try is due: a lasting error cannot go in circles.
          ended(promotion.id)
        },
      )
      runs.set(promotion.id, { abort, ended: done })
    },
    stop: (promotion) => {
      restsUntilMs.delete(promotion)
      runs.get(promotion)?.abort.abort()
    },
    stopAll: async () => {
      for (const run of runs.values()) run.abort.abort()
      await Promise.all([...runs.values()].map((run) => run.ended))
    },
  }
}

/** Another writer may have saved the promotion meanwhile: the change is made to what is there then. */
const mostTries = 5
/** Long enough not to go in circles, short enough for a disk that has room again. */
const unsavedRestMs = 30_000

async function record(ports: Ports, promotion: string, stage: string, result: TestResult): Promise<void> {
  const saved = await changeStage(
    ports,
    promotion,
    stage,
    (one) => ({
      ...withoutTrouble(one),
      tests: [...one.tests.filter((known) => known.name !== result.name), result],
    }),
    (document) => ({
      atMs: ports.clock.now(),
      actor: 'engine',
      kind: result.passed ? 'test.passed' : 'test.failed',
      on: promotion,
      promotion,
      service: document.service,
      text: `${document.service} ${document.build.name}: ${result.kind} "${result.name}" ${result.passed ? 'passed' : `failed: ${result.text}`}`,
    }),
  )
  if (!saved) throw new Error(`the result of test "${result.name}" of ${promotion} could not be saved`)
}

/** Changes one stage of a promotion that still exists; returns whether it could be saved. */
async function changeStage(
  ports: Ports,
  promotion: string,
  stage: string,
  change: (stage: StageTrip) => StageTrip,
  eventOf: (promotion: Promotion) => NewEvent,
): Promise<boolean> {
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const stored = await ports.store.load('promotion', promotion)
    if (!stored) return true
    const stages = stored.document.stages.map((one) => (one.name === stage ? change(one) : one))
    const document = { ...stored.document, stages }
    const committed = await ports.store.commit({
      documents: [promotionWrite(document, stored.revision)],
      events: [eventOf(document)],
    })
    if (committed.saved) return true
  }
  return false
}
