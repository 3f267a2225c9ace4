import { openComments } from './comments.ts'
import { openDatabase } from './database.ts'
import { readSpamKey } from './settings.ts'

const texts = ['Well said.', 'Is that so?', 'I was there too.', 'Zoë should read this.']
const database = openDatabase(process.env)
const comments = openComments(database, readSpamKey(process.env))
for (let id = 1; id <= 20; id += 1) {
  if (comments.find(id)) continue
  const text = `${texts[id % texts.length] ?? 'Yes.'} (${id})`
  comments.add({ post: id, text, author: id % 2 ? 'Ada' : 'Zoë' }, Date.UTC(2026, 0, id))
}
database.close()
