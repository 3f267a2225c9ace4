import { runSchedule } from './runSchedule.fixture.ts'

/** Schedules of one run of the tests; `SCHEDULES=100` is a quick look, `SEED=7` plays one. */
export const scheduleCount = Number(process.env['SCHEDULES'] ?? 10_000)

export interface PlayedAll {
  /** What came out, with how often: `full errors rolled-back`. */
  readonly ends: ReadonlyMap<string, number>
  readonly deaths: number
}

/** Plays the schedules of these seeds. @throws Error with one line that plays the failing one again. */
export async function playSchedules(first: number, last: number): Promise<PlayedAll> {
  const ends = new Map<string, number>()
  let deaths = 0
  for (let seed = first; seed <= last; seed += 1) {
    const played = await runSchedule(seed)
    if (played.faults.length > 0)
      throw new Error(
        `SEED=${seed} npx vitest run src/engine/simulation\n${played.faults.join('\n')}\n${JSON.stringify(played)}`,
      )
    const { trip, nature } = played.schedule.world
    const end = `${trip} ${nature} ${played.phase}`
    ends.set(end, (ends.get(end) ?? 0) + 1)
    deaths += played.deaths
  }
  return { ends, deaths }
}
