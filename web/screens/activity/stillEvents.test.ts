import { expect, test } from 'vitest'
import type { EventDocument } from '../../../src/http/contract/documents.ts'
import { countNewer } from './stillEvents.ts'

const events = [9, 8, 6].map(
  (id): EventDocument => ({ id, at: '', actor: 'engine', kind: 'build.added', on: 'x', text: '', data: {} }),
)

test('what is newer than the newest that is shown waits', () => {
  expect(countNewer(events, 9)).toBe(0)
  expect(countNewer(events, 8)).toBe(1)
  // The one that was shown no longer fits: those before it are still older.
  expect(countNewer(events, 7)).toBe(2)
  expect(countNewer(events, 1)).toBe(3)
})
