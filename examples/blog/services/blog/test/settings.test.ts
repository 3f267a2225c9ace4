import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSettings } from '../src/settings.ts'

test('a missing or impossible PAGE_SIZE is refused', () => {
  assert.throws(() => readSettings({}), /PAGE_SIZE is not set/)
  assert.throws(() => readSettings({ PAGE_SIZE: '0' }), /PAGE_SIZE is 0; allowed/)
})
