/** Every statement that reads; a test looks at the plan of each, so that none reads a table from end to end. */
export const reads = {
  load: 'select id, revision, document from documents where kind = ? and id = ?',
  events: 'select * from events where id > ? order by id limit ?',
  lastEventId: 'select max(id) as last from events',
  observations: 'select rollout, n, json from observations where rollout = ? and n > ? order by n limit ?',
  recall: 'select request, answer from answers where key = ? and at_ms > ?',
} as const

export const writes = {
  increase:
    'insert into counters (name, value) values (?, ?) on conflict (name) do update set value = value + excluded.value returning value',
  create:
    'insert into documents (kind, id, revision, document, service, phase, created) values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing',
  save: 'update documents set revision = ?, document = ?, service = ?, phase = ? where kind = ? and id = ? and revision = ?',
  append:
    'insert into events (id, at_ms, actor, kind, subject, promotion, service, environment, text, data) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  observe: 'insert into observations (rollout, n, json) values (?, ?, ?)',
  forget: 'delete from observations where rollout = ?',
  remember: 'insert into answers (key, request, answer, at_ms) values (?, ?, ?, ?) on conflict do nothing',
  forgetAnswers: 'delete from answers where at_ms <= ?',
} as const

/** Parameters: the kind, the service if asked for, each phase, the limit. */
export function listStatement(hasService: boolean, phases: number | undefined): string {
  const service = hasService ? ' and service = ?' : ''
  const phase = phases === undefined ? '' : ` and phase in (${Array<string>(phases).fill('?').join(', ')})`
  return `select id, revision, document from documents where kind = ?${service}${phase} order by created desc limit ?`
}
