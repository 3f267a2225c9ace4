import { openDatabase } from './database.ts'

const titles = [
  'Hello',
  'Why we blog',
  'Zoë writes',
  'A day at the harbour',
  'Läuft',
  'Bonjour',
  '港の朝',
  'Tides',
  'Ropes',
  'Caulking',
]
const database = openDatabase(process.env)
const add = database.prepare(
  `INSERT OR IGNORE INTO posts (id, title, text, author, language, draft, created_at_ms) VALUES (?, ?, ?, ?, 'en', ?, ?)`,
)
for (let id = 1; id <= 20; id += 1) {
  const title = titles[(id - 1) % titles.length] ?? 'Post'
  const text = `${title}: the first lines of post ${id}, which came with the blog.`
  add.run(id, `${title} ${id}`, text, id % 2 ? 'Ada' : 'Zoë', id > 18 ? 1 : 0, Date.UTC(2026, 0, id))
}
database.close()
