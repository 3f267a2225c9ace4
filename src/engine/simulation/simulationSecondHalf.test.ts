import { expect, test } from 'vitest'
import { playSchedules, scheduleCount } from './playSchedules.fixture.ts'

// A file of its own, so that a second worker plays it at the same time.
test.skipIf(process.env['SEED'] !== undefined)(
  'every deploy ends well, whatever dies, fails, is lost, late or repeated (second half)',
  { timeout: 600_000 },
  async () => {
    const { ends } = await playSchedules(Math.ceil(scheduleCount / 2) + 1, scheduleCount)
    expect(ends.size).toBeGreaterThan(0)
  },
)
