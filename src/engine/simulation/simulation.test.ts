import { expect, test } from 'vitest'
import { playSchedules, scheduleCount } from './playSchedules.fixture.ts'
import { runSchedule } from './runSchedule.fixture.ts'

const seed = process.env['SEED']
const timeout = { timeout: 600_000 }

test.runIf(seed !== undefined)(`schedule ${seed}`, timeout, async () => {
  await playSchedules(Number(seed), Number(seed))
})

test.skipIf(seed !== undefined)(
  'every deploy ends well, whatever dies, fails, is lost, late or repeated (first half)',
  timeout,
  async () => {
    const { ends, deaths } = await playSchedules(1, Math.ceil(scheduleCount / 2))
    expect(deaths).toBeGreaterThan(scheduleCount / 4)
    if (scheduleCount < 1_000) return
    // Every kind of build came, and every kind of end.
    for (const end of [
      'replace sound done',
      'replace fails-tests rolled-back',
      'replace sound aborted',
      'full sound done',
      'full errors rolled-back',
      'full crashes rolled-back',
      'batches sound done',
      'batches errors rolled-back',
    ]) {
      expect([...ends.keys()]).toContain(end)
    }
  },
)

test.skipIf(seed !== undefined)('the same seed plays the same schedule to the same end', async () => {
  for (const one of [15, 118, 269]) expect(await runSchedule(one)).toEqual(await runSchedule(one))
})
