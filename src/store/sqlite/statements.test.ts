import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { migrate } from './migrate.ts'
import { listStatement, reads, writes } from './statements.ts'

const database = new DatabaseSync(':memory:')
migrate(database, ':memory:')
afterAll(() => database.close())

function planOf(sql: string): string {
  const parameters = Array<null>(sql.split('?').length - 1).fill(null)
  return database
    .prepare(`explain query plan ${sql}`)
    .all(...parameters)
    .map((row) => String(row['detail']))
    .join('; ')
}

const lists = [
  ['list', listStatement(false, undefined)],
  ['list of a service', listStatement(true, undefined)],
  ['list of phases', listStatement(false, 3)],
  ['list of a service and phases', listStatement(true, 3)],
] as const

test.each([...Object.entries(reads), ...lists])('%s finds its rows by an index', (_, sql) => {
  expect(planOf(sql)).toMatch(/^SEARCH (documents|events|observations|answers)/)
  expect(planOf(sql)).not.toContain('SCAN')
})

test.each([
  ['list', listStatement(false, undefined)],
  ['list of a service', listStatement(true, undefined)],
  ['events', reads.events],
  ['observations', reads.observations],
])('%s comes in order without being sorted', (_, sql) => {
  expect(planOf(sql)).not.toContain('TEMP B-TREE')
})

test.each(['save', 'forget', 'forgetAnswers'] as const)('%s finds its rows by an index', (name) => {
  expect(planOf(writes[name])).toMatch(/^SEARCH/)
})

test('the twin: a read that no index serves is seen', () => {
  expect(planOf('select * from events where text = ?')).toContain('SCAN')
  expect(planOf('select id from documents where kind = ? order by revision')).toContain('TEMP B-TREE')
})
