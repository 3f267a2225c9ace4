import { access, mkdir, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DataStore } from '../../domain/catalog/dataStore.ts'
import type { InstanceSpec } from '../../domain/catalog/instance.ts'
import type { Clock } from '../../engine/ports.ts'
import { storePath } from './environment.ts'
import { writeWhole } from './instanceFolder.ts'
import { launchShim } from './launch.ts'
import { tailLog } from './log.ts'
import { waitFor } from './pause.ts'
import { identify, isAlive, killByCookie, killGroupOf } from './processIdentity.ts'

export const storeCommandWithinMs = 60_000
const lockWithinMs = 2 * storeCommandWithinMs
const outputLines = 20

export interface StoreJob {
  readonly spec: InstanceSpec
  /** Absolute path of `instances/<id>`. */
  readonly folder: string
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

export interface Stores {
  /**
   * Migrates each store of the spec that this build has not migrated yet, and seeds a new one. One at a time per service
   * and environment; once per store and build. Resolves with why it failed, the same for every instance of that build.
   */
  readonly prepare: (job: StoreJob) => Promise<string | undefined>
}

/** Databases of services under `<home>/data/`. */
export function createStores(options: {
  readonly home: string
  readonly clock: Clock
  readonly lifeline?: number
}): Stores {
  const turns = new Map<string, Promise<unknown>>()
  const failures = new Map<string, string>()
  return {
    prepare: async (job) => {
      const { environment, service, build } = job.spec
      const key = `${environment}/${service}`
      const before = turns.get(key)
      const turn = (async () => {
        await before
        const known = failures.get(`${key}/${build.digest}`)
        if (known !== undefined || job.signal.aborted) return known
        const failure = await prepareAll(options, job)
        if (failure !== undefined && !job.signal.aborted) failures.set(`${key}/${build.digest}`, failure)
        return failure
      })()
      const settled = turn.catch(() => undefined)
      turns.set(key, settled)
      return turn.finally(() => {
        if (turns.get(key) === settled) turns.delete(key)
      })
    },
  }
}

type Options = Parameters<typeof createStores>[0]

async function prepareAll(options: Options, job: StoreJob): Promise<string | undefined> {
  for (const store of job.spec.data) {
    if (store.access !== 'write') continue
    const failure = await prepareOne(options, job, store)
    if (failure !== undefined) return failure
  }
  return undefined
}

async function prepareOne(options: Options, job: StoreJob, store: DataStore): Promise<string | undefined> {
  const database = storePath(options.home, job.spec, store)
  const base = database.slice(0, -'.db'.length)
  const migrated = `${base}.migrated-${job.spec.build.digest.replace('sha256:', '')}`
  if (await exists(migrated)) return undefined
  await mkdir(dirname(database), { recursive: true, mode: 0o700 })
  const unlock = await lock(options.clock, `${base}.lock`, job.signal)
  if (unlock === undefined)
    return `store "${store.name}" of "${job.spec.service}" in "${job.spec.environment}" is locked by another process (${base}.lock)`
  try {
    return await migrateAndSeed(options, job, store, { database, marker: `${base}.new`, migrated })
  } finally {
    await unlock()
  }
}

interface StoreFiles {
  readonly database: string
  /** Stands while the store is new and not yet complete: no instance has ever used it, so it may be begun again. */
  readonly marker: string
  readonly migrated: string
}

async function migrateAndSeed(
  options: Options,
  job: StoreJob,
  store: DataStore,
  files: StoreFiles,
): Promise<string | undefined> {
  if (!(await exists(files.database))) await writeWhole(files.marker, '')
  const isNew = await exists(files.marker)
  if (isNew)
    for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(`${files.database}${suffix}`, { force: true })
  const steps = [
    ['migrate', store.migrate],
    ['seed', isNew ? store.seed : undefined],
  ] as const
  for (const [what, command] of steps) {
    if (command === undefined) continue
    const failure = await runStoreCommand(options, job, { store: store.name, what, command })
    if (failure !== undefined) return failure
  }
  // In this order: a crash between the two migrates once more, and never seeds twice.
  await rm(files.marker, { force: true })
  await writeWhole(files.migrated, '')
  return undefined
}

interface StoreCommand {
  readonly store: string
  readonly what: 'migrate' | 'seed'
  readonly command: readonly string[]
}

/** Runs under the shim, so that it ends with the supervisor where instances do. Resolves with why it failed. */
async function runStoreCommand(options: Options, job: StoreJob, step: StoreCommand): Promise<string | undefined> {
  const folder = join(job.folder, 'stores', `${step.store}-${step.what}`)
  await rm(folder, { recursive: true, force: true })
  const shim = await launchShim({
    folder,
    cwd: job.cwd,
    command: step.command,
    environment: job.environment,
    ...(options.lifeline === undefined ? {} : { lifeline: options.lifeline }),
  })
  const wait = { everyMs: 20, withinMs: storeCommandWithinMs, signal: job.signal }
  const code = await waitFor(options.clock, wait, async () => {
    const running = isAlive(shim)
    const text = await readFile(join(folder, 'exit'), 'utf8').catch(() => undefined)
    if (text !== undefined) return Number(text)
    return running ? undefined : -1
  })
  if (code === 0) return undefined
  killGroupOf(shim)
  await killByCookie(job.folder)
  const how =
    code === undefined
      ? `did not end within ${storeCommandWithinMs / 1000} s and was killed`
      : `ended with code ${code}`
  const output = (await tailLog(join(folder, 'log'), outputLines)).join('\n').slice(-2_000)
  return `${step.what} of store "${step.store}" for "${job.spec.service}" in "${job.spec.environment}" (build "${job.spec.build.name}") ${how}: "${step.command.join(' ')}"; its last lines: ${output === '' ? '(none)' : output}`
}

/** A file that names its holder, so that a lock whose holder died is taken over. Resolves with the unlock, or undefined when it stayed held. */
async function lock(clock: Clock, path: string, signal: AbortSignal): Promise<(() => Promise<void>) | undefined> {
  const own = JSON.stringify(identify(process.pid))
  return waitFor(clock, { everyMs: 100, withinMs: lockWithinMs, signal }, async () => {
    const holder = await readFile(path, 'utf8').catch(() => undefined)
    if (holder !== undefined && holder !== own && isHeld(holder)) return undefined
    if (holder !== undefined) await unlink(path).catch(() => undefined)
    const taken = await writeFile(path, own, { flag: 'wx', mode: 0o600 }).then(
      () => true,
      () => false,
    )
    return taken ? () => rm(path, { force: true }) : undefined
  })
}

function isHeld(holder: string): boolean {
  try {
    return isAlive(JSON.parse(holder))
  } catch {
    return false // a torn write of a holder that died
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
