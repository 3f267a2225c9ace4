import { openDatabase } from './database.ts'

const database = openDatabase(process.env)
database
  .prepare('INSERT OR IGNORE INTO drafts (id, title, author, created_at_ms) VALUES (1, ?, ?, ?)')
  .run('What the pilot saw', 'Ada', Date.UTC(2026, 0, 1))
database.close()
