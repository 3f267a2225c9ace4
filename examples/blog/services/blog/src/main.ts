import { needsOthers, openBackDoor } from './backDoor.ts'
import { openChaos } from './chaos.ts'
import { openDatabase } from './database.ts'
import { openPosts } from './posts.ts'
import { presentPost } from './presentPost.ts'
import { openRequestContext, type RequestContext } from './requestContext.ts'
import { type Call, Refusal, type Reply, serve } from './serve.ts'
import { readSettings } from './settings.ts'

const settings = readSettings(process.env)
const database = openDatabase(process.env)
const posts = openPosts(database)
const backDoor = openBackDoor(process.env, 1000)
const readContext = openRequestContext({ settings, database, environment: process.env })

serve({
  prefix: '/api/blog',
  environment: process.env,
  chaos: openChaos(database),
  handle: (call) => {
    const context = readContext(call.headers)
    if (call.method === 'POST' && call.path === '') return create(call, context)
    if (call.method === 'GET' && call.path === '') return list(call, context)
    if (call.method === 'GET') return show(call)
    throw new Refusal(405, `${call.method} is not offered; GET and POST are`)
  },
  onStopped: () => {
    backDoor.close()
    database.close()
  },
})

async function list(call: Call, context: RequestContext): Promise<Reply> {
  const items = posts.list(settings.pageSize, context.drafts).map(presentPost)
  return { status: 200, body: { items, ...(await related(call, '?limit=5')) } }
}

async function show(call: Call): Promise<Reply> {
  const id = Number(call.path.slice(1))
  const row = Number.isInteger(id) ? posts.find(id) : undefined
  if (!row) throw new Refusal(404, `there is no post ${call.path.slice(1)}`)
  return { status: 200, body: { ...presentPost(row), ...(await related(call, `?post=${id}&limit=5`)) } }
}

async function create(call: Call, context: RequestContext): Promise<Reply> {
  const { title, text } = call.body
  if (typeof title !== 'string' || title.trim() === '' || title.length > 200) {
    throw new Refusal(400, `title is ${JSON.stringify(title)}; allowed are 1 to 200 characters`)
  }
  const post = {
    title,
    text: typeof text === 'string' ? text.slice(0, 500) : '',
    author: context.user,
    language: context.language,
  }
  const id = posts.add(post, Date.now())
  if (needsOthers()) {
    const name = title.trim().split(/\s+/)[0]?.slice(0, 40).toLowerCase() ?? title
    await Promise.all([
      backDoor.post('/api/tag', { post: id, name }, call.headers),
      backDoor.post('/api/comments', { post: id, text: `${context.user} published “${title}”` }, call.headers),
    ])
  }
  return { status: 201, body: { id } }
}

/** Tags and comments beside the posts; whichever does not answer is left out. */
async function related(call: Call, query: string): Promise<{ readonly tags?: unknown; readonly comments?: unknown }> {
  if (!needsOthers()) return {}
  const [tags, comments] = await Promise.all([
    backDoor.get(`/api/tag${query}`, call.headers),
    backDoor.get(`/api/comments${query}`, call.headers),
  ])
  return { ...(tags === undefined ? {} : { tags }), ...(comments === undefined ? {} : { comments }) }
}
