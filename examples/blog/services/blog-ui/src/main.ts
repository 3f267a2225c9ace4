import { needsOthers, openBackDoor } from './backDoor.ts'
import { openChaos } from './chaos.ts'
import { openDatabase } from './database.ts'
import { openDrafts } from './drafts.ts'
import { renderPage } from './renderPage.ts'
import { type Call, Refusal, type Reply, serve } from './serve.ts'

const database = openDatabase(process.env)
const drafts = openDrafts(database)
const backDoor = openBackDoor(process.env, 1500)

serve({
  prefix: '/ui/blog',
  environment: process.env,
  chaos: openChaos(database),
  handle: (call) => {
    if (call.method === 'POST' && call.path === '') return write(call)
    if (call.method === 'GET' && /^(\/\d+)?$/.test(call.path)) return page(call)
    throw new Refusal(404, `there is no ${call.method} page ${call.path}`)
  },
  onStopped: () => {
    backDoor.close()
    database.close()
  },
})

async function page(call: Call): Promise<Reply> {
  const blog = needsOthers() ? await backDoor.get(`/api/blog${call.path}`, call.headers) : undefined
  return { status: 200, body: renderPage({ language: readLanguage(call), drafts: drafts.count(), blog }) }
}

async function write(call: Call): Promise<Reply> {
  const { title } = call.body
  if (typeof title !== 'string' || title.trim() === '' || title.length > 200) {
    throw new Refusal(400, `title is ${JSON.stringify(title)}; allowed are 1 to 200 characters`)
  }
  const user = call.headers['x-user']
  const id = drafts.add(title, typeof user === 'string' ? user : 'anonymous', Date.now())
  // The editors publish two drafts of three at once.
  if (needsOthers()) await backDoor.post('/api/blog', { title }, call.headers)
  return { status: 201, body: { id } }
}

function readLanguage(call: Call): string {
  return call.headers['accept-language']?.slice(0, 2).toLowerCase() ?? 'en'
}
