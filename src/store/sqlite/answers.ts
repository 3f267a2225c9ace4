import type { Store } from '../../engine/ports.ts'
import { rememberMs } from '../limits.ts'
import type { Run } from './run.ts'
import { reads, writes } from './statements.ts'
import type { Tables } from './tables.ts'

/** The remembered answers of keyed requests. The first answer under a key stays until it is forgotten. */
export function createAnswers(run: Run): Pick<Store, 'recall' | 'remember'> {
  return {
    recall: async (key, nowMs) => {
      const [row] = run.rows<Tables['answers']>(reads.recall, key, nowMs - rememberMs)
      // Rows of SQLite have no prototype.
      return row && { request: row.request, answer: row.answer }
    },
    remember: async (key, request, answer, nowMs) => {
      run.transaction(() => {
        run.change(writes.forgetAnswers, nowMs - rememberMs)
        run.change(writes.remember, key, request, answer, nowMs)
      })
    },
  }
}
