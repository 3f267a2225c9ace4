import type { Kysely } from 'kysely'
import type { Store } from '../../engine/ports.ts'
import { rememberMs } from '../limits.ts'
import type { Run } from './run.ts'
import type { Tables } from './tables.ts'

/** The remembered answers of keyed requests. The first answer under a key stays until it is forgotten. */
export function createAnswers(db: Kysely<Tables>, run: Run): Pick<Store, 'recall' | 'remember'> {
  const forget = (nowMs: number): void => {
    run.change(db.deleteFrom('answers').where('at_ms', '<=', nowMs - rememberMs))
  }
  return {
    recall: async (key, nowMs) => {
      const rows = run.rows(
        db
          .selectFrom('answers')
          .select(['request', 'answer'])
          .where('key', '=', key)
          .where('at_ms', '>', nowMs - rememberMs),
      )
      return rows[0]
    },
    remember: async (key, request, answer, nowMs) => {
      run.transaction(() => {
        forget(nowMs)
        run.change(
          db
            .insertInto('answers')
            .values({ key, request, answer, at_ms: nowMs })
            .onConflict((conflict) => conflict.doNothing()),
        )
      })
    },
  }
}
