import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { InstanceSpec } from '../../domain/catalog/instance.ts'
import type { Runtime } from '../../engine/ports.ts'
import { createHome, echoService, until } from './underTest.ts'
import type { HomeUnderTest } from './underTest.ts'

let home: HomeUnderTest
beforeEach(async () => {
  home = await createHome()
})
afterEach(() => home.close())

/** Appends a word to the store's file; `when` is looked at first and may refuse. */
const step = (word: string, when = '') => `import { appendFileSync, existsSync } from 'node:fs'
${when}
appendFileSync(process.env.DATABASE_URL.replace('sqlite:', ''), '${word} ' + process.env.COFFERDAM_HOST + '\\n')`

const data: InstanceSpec['data'] = [
  { name: 'main', kind: 'sqlite', access: 'write', migrate: ['node', 'migrate.mjs'], seed: ['node', 'seed.mjs'] },
]
const service = { 'main.mjs': echoService, 'migrate.mjs': step('migrate'), 'seed.mjs': step('seed') }

const folder = () => join(home.home, 'data/production/cart')
const words = async () =>
  (await readFile(join(folder(), 'main.db'), 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[0])
    .join(' ')
    .trim()

async function start(runtime: Runtime, spec: InstanceSpec, host: string): Promise<void> {
  await runtime.ensure({ ...spec, id: `production-cart-${host}-${spec.build.digest.slice(7, 12)}`, host })
}

test('instances that start together migrate and seed a new store once; another build only migrates', async () => {
  const runtime = await home.start()
  const spec = await home.spec(service, { data })
  await Promise.all(['1', '2', '3'].map((host) => start(runtime, spec, host)))
  await until('ready', () => runtime.list().every((seen) => seen.phase === 'ready'))
  expect(await words()).toBe('migrate seed')
  const next = await home.spec({ ...service, more: 'x' }, { data })
  await start(runtime, next, '4')
  await until('ready', () => runtime.list().length === 4 && runtime.list().every((seen) => seen.phase === 'ready'))
  expect(await words()).toBe('migrate seed migrate')
  expect((await readdir(folder())).sort()).toEqual(
    ['main.db', ...[spec, next].map((one) => `main.migrated-${one.build.digest.slice(7)}`)].sort(),
  )
})

test('a store that existed before is not seeded', async () => {
  await mkdir(folder(), { recursive: true })
  await writeFile(join(folder(), 'main.db'), 'people\n')
  const runtime = await home.start()
  await start(runtime, await home.spec(service, { data }), '1')
  await until('ready', () => runtime.list()[0]?.phase === 'ready')
  expect(await words()).toBe('people migrate')
})

test('a new store whose seed failed is begun again from nothing by the next build', async () => {
  const runtime = await home.start()
  const failing = await home.spec(
    { ...service, 'seed.mjs': step('half', 'console.log("the seed has no data")') + '\nprocess.exit(4)' },
    { data },
  )
  await start(runtime, failing, '1')
  await start(runtime, failing, '2')
  await until('both failed', () => runtime.list().every((seen) => seen.phase === 'failed'))
  for (const { failure } of runtime.list()) {
    expect(failure?.cause).toBe('store-failed')
    expect(failure?.text).toMatch(
      /seed of store "main" for "cart" in "production".*ended with code 4: "node seed\.mjs".*the seed has no data/,
    )
  }
  expect(await words()).toBe('migrate half') // once, not for each instance
  await start(runtime, await home.spec(service, { data }), '3')
  await until('ready', () => runtime.list().some((seen) => seen.phase === 'ready'))
  expect(await words()).toBe('migrate seed')
})

test('removing the instance whose store is migrated ends the migration, and another instance does it', async () => {
  const runtime = await home.start()
  const stuck = `if (process.env.COFFERDAM_HOST === '1') await new Promise((resolve) => setTimeout(resolve, 600_000))`
  const spec = await home.spec({ ...service, 'migrate.mjs': step('migrate', stuck) }, { data })
  await start(runtime, spec, '1')
  await until('migrating', async () => (await home.processes()).length === 2)
  await start(runtime, spec, '2')
  await runtime.remove(runtime.list()[0]?.spec.id ?? '')
  await until('the other is ready', () => runtime.list().length === 1 && runtime.list()[0]?.phase === 'ready')
  expect(await words()).toBe('migrate seed')
})

test('a migration that a dead control plane left is ended and done again', async () => {
  const first = await home.start()
  const stuck = `if (!existsSync('${home.home}/go')) await new Promise((resolve) => setTimeout(resolve, 600_000))`
  await start(first, await home.spec({ ...service, 'migrate.mjs': step('migrate', stuck) }, { data }), '1')
  await until('migrating', async () => (await home.processes()).length === 2)
  first.close()
  await writeFile(join(home.home, 'go'), '')
  const second = await home.start()
  await until('ready', () => second.list()[0]?.phase === 'ready')
  expect(await words()).toBe('migrate seed')
})
