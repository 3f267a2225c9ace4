import { expect, test } from 'vitest'
import { runSchedule } from './runSchedule.fixture.ts'

const only = process.env['SEED']
const schedules = Number(process.env['SCHEDULES'] ?? 1_000)
const first = Number(only ?? 1)
const last = only === undefined ? first + schedules - 1 : first

test(`every deploy ends well in schedules ${first} to ${last}`, { timeout: 600_000 }, async () => {
  const ends = new Map<string, number>()
  const totals = { calls: 0, deaths: 0, virtualMs: 0 }
  for (let seed = first; seed <= last; seed += 1) {
    const played = await runSchedule(seed)
    if (played.faults.length > 0) throw new Error(`SEED=${seed} npx vitest run src/engine/simulation\n${played.faults.join('\n')}\n${JSON.stringify(played)}`)
    const end = `${played.schedule.world.trip} ${played.schedule.world.nature} ${played.phase}`
    ends.set(end, (ends.get(end) ?? 0) + 1)
    for (const what of ['calls', 'deaths', 'virtualMs'] as const) totals[what] += played[what]
  }
  if (process.env['SHOW']) console.log([...ends].toSorted().map(([end, count]) => `${count} × ${end}`).join('\n'), totals, process.cpuUsage().user / 1e6)
  expect(ends.size).toBeGreaterThan(0)
})
