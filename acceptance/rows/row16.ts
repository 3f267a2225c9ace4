import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../context.ts'
import type { Demo } from '../demo.ts'
import { addTree, layTree } from '../exampleTree.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  id: 16,
  title: 'neither the token nor a secret setting is in logs, events, API or state',
  run: async (context, report) => {
    const demo = await context.demo()
    await moveOnce(context, demo)
    const token = readFileSync(demo.ready().tokenFile, 'utf8').trim()
    const secrets = readSecrets(await commentPids(demo))
    report.measure(
      `${secrets.length} secret values, of ${Math.min(...secrets.map((one) => one.length))} characters or more`,
    )
    report.check(
      token.length >= 16 && secrets.length === 2 && secrets.every((one) => one.length >= 16),
      'a token and one secret per environment were found to look for',
    )
    const decoy = join(demo.home, 'decoy')
    writeFileSync(decoy, `x${token}x${secrets.join('x')}x`)
    const files = filesOf(demo.home).filter((path) => path !== join(demo.home, 'token'))
    const found = files.filter((path) =>
      holds(unlessGone(() => readFileSync(path)) ?? Buffer.alloc(0), [token, ...secrets]),
    )
    report.check(found.includes(decoy), 'the planted decoy is found')
    const leaks = found.filter((path) => path !== decoy)
    report.check(
      leaks.length === 0,
      `${files.length} files of the home searched${leaks.length > 0 ? `; found in ${leaks.slice(0, 5).join(', ')}` : ''}`,
    )
    writeFileSync(decoy, '')
    const texts = {
      output: readFileSync(demo.logFile, 'utf8'),
      ready: readFileSync(demo.readyFile, 'utf8'),
      ...(await answersOf(demo)),
    }
    for (const [name, text] of Object.entries(texts)) {
      report.check(
        text.length > 0 && !holds(Buffer.from(text), [token, ...secrets]),
        `${name}: ${text.length} characters, none of them`,
      )
    }
  },
}

/** A refused change with the token, and a deploy: what would leak has had its chance. */
async function moveOnce(context: Context, demo: Demo): Promise<void> {
  await demo.api().post('/promotions', { service: 'nothing-of-that-name', build: 'none' })
  const build = await addTree(demo, 'comment', layTree(context, 'comment'))
  const asked = await demo.cli(['deploy', 'comment', '--build', build.digest], 60_000)
  const { id } = (asked.json ?? {}) as { readonly id?: string }
  if (id !== undefined) {
    await demo.api().follow(id, (promotion) => promotion.stage !== 'staging', 60_000)
    await demo.cli(['promotion', 'abort', id], 60_000)
  }
}

async function commentPids(demo: Demo): Promise<readonly number[]> {
  const { environments } = await demo.api().status()
  return environments.flatMap((environment) =>
    environment.services
      .filter((service) => service.name === 'comment')
      .flatMap((service) => service.hosts.flatMap((host) => host.pid ?? [])),
  )
}

/** The values as the processes got them: nobody else knows them. */
function readSecrets(pids: readonly number[]): readonly string[] {
  const values = pids.map(
    (pid) =>
      readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .find((one) => one.startsWith('SPAM_KEY='))
        ?.slice('SPAM_KEY='.length) ?? '',
  )
  return [...new Set(values)]
}

async function answersOf(demo: Demo): Promise<Readonly<Record<string, string>>> {
  const api = demo.api()
  const { promotions } = (await api.get('/promotions')).body as {
    readonly promotions: readonly { readonly id: string }[]
  }
  const paths = [
    '/status',
    '/builds',
    '/promotions',
    '/holds',
    '/openapi.json',
    '/services/comment',
    '/environments/production',
    '/logs?service=comment',
    ...promotions.slice(0, 5).map(({ id }) => `/promotions/${id}`),
  ]
  const texts = await Promise.all(
    paths.map(async (path): Promise<readonly [string, string]> => [path, (await api.get(path)).text]),
  )
  const metrics = await Promise.all(
    [demo.ready().gateways[0]?.metrics ?? '', `${api.url}/metrics`].map(
      async (url): Promise<readonly [string, string]> => [url, await (await fetch(url)).text()],
    ),
  )
  return { ...Object.fromEntries([...texts, ...metrics]), events: JSON.stringify(await api.events(0)) }
}

function filesOf(folder: string): readonly string[] {
  const entries = unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? []
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesOf(path)
    const bytes = entry.isFile() ? unlessGone(() => statSync(path).size) : undefined
    return bytes !== undefined && bytes < 200_000_000 ? [path] : []
  })
}

/** The demo goes on meanwhile: an instance that has ended takes its folder with it. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function holds(bytes: Buffer, texts: readonly string[]): boolean {
  return texts.some((text) => bytes.includes(text))
}
