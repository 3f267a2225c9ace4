import { openChaos } from './chaos.ts'
import { openComments } from './comments.ts'
import { openDatabase } from './database.ts'
import { type Call, Refusal, type Reply, serve } from './serve.ts'
import { readSpamKey } from './settings.ts'

const spamKey = readSpamKey(process.env)
const database = openDatabase(process.env)
const comments = openComments(database, spamKey)

serve({
  prefix: '/api/comments',
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
  return { status: 200, body: { items: comments.list(limit, post === null ? undefined : Number(post)) } }
}

function show(call: Call): Reply {
  const id = Number(call.path.slice(1))
  const comment = Number.isInteger(id) ? comments.find(id) : undefined
  if (!comment) throw new Refusal(404, `there is no comment ${call.path.slice(1)}`)
  return { status: 200, body: comment }
}

function create(call: Call): Reply {
  const { post, text } = call.body
  if (typeof post !== 'number' || !Number.isInteger(post) || post < 1) {
    throw new Refusal(400, `post is ${JSON.stringify(post)}; allowed is the id of a post`)
  }
  if (typeof text !== 'string' || text.trim() === '' || text.length > 2000) {
    throw new Refusal(400, `text is ${JSON.stringify(text)?.slice(0, 40)}; allowed are 1 to 2000 characters`)
  }
  return { status: 201, body: { id: comments.add({ post, text, author: readUser(call) }, Date.now()) } }
}

function readUser(call: Call): string {
  const encoded = call.headers['x-user']
  if (typeof encoded !== 'string') return 'anonymous'
  try {
    return decodeURIComponent(encoded)
  } catch {
    return 'anonymous'
  }
}
