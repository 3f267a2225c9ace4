import { openDatabase } from './database.ts'
import { migrate } from './schema.ts'

const database = openDatabase(process.env)
migrate(database)
database.close()
