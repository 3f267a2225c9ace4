import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openRequestContext } from '../src/requestContext.ts'

const database = new DatabaseSync(':memory:')
const readContext = openRequestContext({ settings: { preview: 'on' }, database, environment: {} })

test('the user comes from x-user', () => {
  assert.equal(readContext({ 'x-user': 'Ada%20L.' }).user, 'Ada L.')
  assert.equal(readContext({}).user, 'anonymous')
  assert.equal(readContext({ 'x-user': '%' }).user, 'anonymous')
})

test('the language is the first of accept-language, and English without', () => {
  assert.equal(readContext({ 'accept-language': 'fr-CH, fr;q=0.9' }).language, 'fr')
  assert.equal(readContext({}).language, 'en')
})

test('with the preview on, drafts are shown', () => {
  assert.equal(readContext({}).drafts, true)
})
