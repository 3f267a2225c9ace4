import { openDatabase } from './database.ts'

const names = ['harbour', 'ships', 'tides', 'news', 'zoë']
const database = openDatabase(process.env)
const add = database.prepare('INSERT OR IGNORE INTO tags (id, name, post) VALUES (?, ?, ?)')
for (let id = 1; id <= 20; id += 1) add.run(id, names[id % names.length] ?? 'news', id)
database.close()
