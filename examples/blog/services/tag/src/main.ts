import { openChaos } from './chaos.ts'
import { openDatabase } from './database.ts'
import { type Call, Refusal, type Reply, serve } from './serve.ts'
import { openTags } from './tags.ts'

const database = openDatabase(process.env)
const tags = openTags(database)

serve({
  prefix: '/api/tag',
  environment: process.env,
  chaos: openChaos(database),
  handle: (call) => {
    if (call.method === 'POST' && call.path === '') return create(call)
    if (call.method === 'GET' && call.path === '') return list(call)
    if (call.method === 'GET') return show(call)
    throw new Refusal(405, `${call.method} is not offered; GET and POST are`)
  },
  onStopped: () => database.close(),
})

function list(call: Call): Reply {
  const limit = Math.min(Math.max(Number(call.query.get('limit') ?? 20) || 20, 1), 100)
  const post = call.query.get('post')
  return { status: 200, body: { items: tags.list(limit, post === null ? undefined : Number(post)) } }
}

function show(call: Call): Reply {
  const id = Number(call.path.slice(1))
  const tag = Number.isInteger(id) ? tags.find(id) : undefined
  if (!tag) throw new Refusal(404, `there is no tag ${call.path.slice(1)}`)
  return { status: 200, body: tag }
}

function create(call: Call): Reply {
  const { name, post } = call.body
  if (typeof name !== 'string' || name.trim() === '' || name.length > 40) {
    throw new Refusal(400, `name is ${JSON.stringify(name)}; allowed are 1 to 40 characters`)
  }
  const of = post ?? 1
  if (typeof of !== 'number' || !Number.isInteger(of) || of < 1) {
    throw new Refusal(400, `post is ${JSON.stringify(post)}; allowed is the id of a post`)
  }
  return { status: 201, body: { id: tags.add(of, name.trim()) } }
}
