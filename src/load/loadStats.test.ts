import { expect, test } from 'vitest'
import { openLoadStats } from './loadStats.ts'

test('counts until they are taken, then begins again', () => {
  const stats = openLoadStats()
  stats.visit(false)
  stats.visit(true)
  stats.miss(7)
  stats.drop()
  for (let ms = 1; ms <= 100; ms += 1) stats.end(ms === 100 ? '5xx' : '2xx', ms)
  expect(stats.take()).toMatchObject({
    visits: 2,
    late: 1,
    missed: 7,
    dropped: 1,
    '2xx': 99,
    '5xx': 1,
    p50Ms: 50,
    p99Ms: 99,
  })
  expect(stats.take()).toMatchObject({ visits: 0, '2xx': 0, p50Ms: 0 })
})
