import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openPosts } from '../src/posts.ts'
import { migrate } from '../src/schema.ts'

function openEmpty() {
  const database = new DatabaseSync(':memory:')
  migrate(database)
  migrate(database)
  return { database, posts: openPosts(database) }
}

const post = { title: 'Zoë', text: 'One two', author: 'Ada', language: 'en' }

test('the newest post comes first, and no more than asked for', () => {
  const { posts } = openEmpty()
  for (let n = 1; n <= 5; n += 1) posts.add({ ...post, title: `no. ${n}` }, n)
  assert.deepEqual(
    posts.list(2, false).map((row) => row.title),
    ['no. 5', 'no. 4'],
  )
})

test('drafts are listed only when asked for', () => {
  const { database, posts } = openEmpty()
  const id = posts.add(post, 1)
  assert.equal(posts.list(20, false).length, 1)
  database.exec(`UPDATE posts SET draft = 1 WHERE id = ${id}`)
  assert.equal(posts.list(20, false).length, 0)
  assert.equal(posts.list(20, true).length, 1)
})

test('the table stays small, and keeps the first posts', () => {
  const { posts } = openEmpty()
  for (let n = 1; n <= 5100; n += 1) posts.add(post, n)
  assert.equal(posts.list(10_000, false).length, 5020)
  assert.equal(posts.find(1)?.createdAtMs, 1)
  assert.equal(posts.find(21), undefined)
})
