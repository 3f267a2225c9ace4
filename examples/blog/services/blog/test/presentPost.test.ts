import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presentPost } from '../src/presentPost.ts'

test('a post has the fields that clients know', () => {
  const shown = presentPost({ id: 7, title: 'Zoë', text: 'Hi', author: 'Ada', language: 'en', createdAtMs: 0 })
  assert.equal(shown.id, 7)
  assert.equal(shown.title, 'Zoë')
  assert.equal(shown.author, 'Ada')
  assert.equal(shown.createdAt, '1970-01-01T00:00:00.000Z')
})
