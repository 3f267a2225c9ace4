import { afterEach, describe, expect, test } from 'vitest'
import type { InstanceSeen, InstanceSpec } from '../domain/catalog/instance.ts'
import type { Runtime } from '../engine/ports.ts'

/** What the process of a contract test does. */
export type ContractBehaviour =
  | 'serves'
  /** Exits with code 7 at once. */
  | 'exits-at-once'
  | 'never-ready'
  | 'command-missing'
  /** Its migration exits with code 9. */
  | 'store-fails'
  /** Serves, and ignores the request to stop. */
  | 'stubborn'

export interface RuntimeUnderTest {
  readonly runtime: Runtime
  /** A runtime that takes over the same state after the first one died; may be the same one. */
  readonly restart: () => Promise<Runtime>
  readonly specFor: (behaviour: ContractBehaviour) => Promise<InstanceSpec>
  /** Kills the instance's process as kill -9 would. */
  readonly kill: (seen: InstanceSeen) => void
  /** Whether the process of an instance still runs anywhere. */
  readonly runs: (seen: InstanceSeen) => boolean
  /** Waits, on the runtime's own clock, until it holds; throws after 15 s. */
  readonly until: (what: string, holds: () => boolean) => Promise<void>
  readonly close: () => Promise<void>
}

/** The suite that every runtime passes. */
export function runtimeContract(name: string, create: () => Promise<RuntimeUnderTest>): void {
  describe(`runtime contract: ${name}`, () => {
    let open: RuntimeUnderTest | undefined
    const begin = async () => (open = await create())
    afterEach(async () => {
      await open?.close()
      open = undefined
    })
    startAndStop(begin)
    generations(begin)
    failures(begin)
    recovery(begin)
  })
}

type Begin = () => Promise<RuntimeUnderTest>

function only(runtime: Runtime): InstanceSeen {
  const [seen] = runtime.list()
  if (seen === undefined) throw new Error('the runtime lists no instance')
  return seen
}

function startAndStop(begin: Begin): void {
  test('an instance that is ensured becomes ready, with a port, a pid and its times', async () => {
    const { runtime, specFor, until } = await begin()
    await runtime.ensure(await specFor('serves'))
    await until('ready', () => only(runtime).phase === 'ready')
    const seen = only(runtime)
    expect(seen.port).toBeGreaterThan(1024)
    expect(seen.pid).toBeGreaterThan(1)
    expect(seen.readyAtMs).toBeGreaterThanOrEqual(seen.startedAtMs ?? Infinity)
    expect(seen.exits).toEqual([])
    expect(seen.failure).toBeUndefined()
  })

  test('ensuring twice is ensuring once', async () => {
    const { runtime, specFor, until } = await begin()
    const spec = await specFor('serves')
    await Promise.all([runtime.ensure(spec), runtime.ensure(spec)])
    await until('ready', () => only(runtime).phase === 'ready')
    const { pid } = only(runtime)
    await runtime.ensure(spec)
    expect(runtime.list()).toHaveLength(1)
    expect(only(runtime).pid).toBe(pid)
  })

  test('ensured together, instances get ports of their own', async () => {
    const { runtime, specFor, until } = await begin()
    const specs = await Promise.all(
      [1, 2, 3].map(async (n) => ({ ...(await specFor('serves')), id: `many-${n}`, host: String(n) })),
    )
    await Promise.all(specs.map((spec) => runtime.ensure(spec)))
    await until('all ready', () => runtime.list().every((seen) => seen.phase === 'ready'))
    expect(new Set(runtime.list().map((seen) => seen.port)).size).toBe(3)
  })

  test('removing ends the process and forgets the instance; again is nothing; unknown is nothing', async () => {
    const { runtime, specFor, until, runs } = await begin()
    const spec = await specFor('serves')
    await runtime.ensure(spec)
    await until('ready', () => only(runtime).phase === 'ready')
    const seen = only(runtime)
    expect(runs(seen)).toBe(true)
    await Promise.all([runtime.remove(spec.id), runtime.remove(spec.id), runtime.remove('never-was')])
    await until('gone', () => runtime.list().length === 0)
    expect(runs(seen)).toBe(false)
  })

  test('a process that ignores TERM is killed after its grace, not before', async () => {
    const { runtime, specFor, until, runs } = await begin()
    const spec = { ...(await specFor('stubborn')), graceMs: 400 }
    await runtime.ensure(spec)
    await until('ready', () => only(runtime).phase === 'ready')
    const seen = only(runtime)
    await runtime.remove(spec.id)
    expect(only(runtime).phase).toBe('stopping')
    expect(runs(seen)).toBe(true)
    await until('gone', () => runtime.list().length === 0)
    expect(runs(seen)).toBe(false)
  })

  test('subscribers hear of every change until they leave', async () => {
    const { runtime, specFor, until } = await begin()
    const heard: string[] = []
    const deaf: string[] = []
    const leave = runtime.subscribe((id) => void deaf.push(id))
    runtime.subscribe((id) => void heard.push(`${id} ${runtime.list()[0]?.phase ?? 'gone'}`))
    leave()
    const spec = await specFor('serves')
    await runtime.ensure(spec)
    await until('ready', () => only(runtime).phase === 'ready')
    await runtime.remove(spec.id)
    await until('gone', () => runtime.list().length === 0)
    for (const phase of ['starting', 'ready', 'stopping', 'gone']) expect(heard).toContain(`${spec.id} ${phase}`)
    expect(deaf).toEqual([])
  })
}

function generations(begin: Begin): void {
  test('an older generation is refused and changes nothing; a newer one alone restarts nothing', async () => {
    const { runtime, specFor, until } = await begin()
    const spec = { ...(await specFor('serves')), generation: 5 }
    await runtime.ensure(spec)
    await until('ready', () => only(runtime).phase === 'ready')
    const { pid } = only(runtime)
    await expect(runtime.ensure({ ...spec, generation: 4 })).rejects.toMatchObject({ code: 'stale-generation' })
    expect(only(runtime).spec.generation).toBe(5)
    await runtime.ensure({ ...spec, generation: 6 })
    expect(only(runtime)).toMatchObject({ pid, phase: 'ready', spec: { generation: 6 } })
  })

  test('a newer generation that starts differently is a new process on the same port, and no exit', async () => {
    const { runtime, specFor, until } = await begin()
    const spec = await specFor('serves')
    await runtime.ensure(spec)
    await until('ready', () => only(runtime).phase === 'ready')
    const { pid, port } = only(runtime)
    await runtime.ensure({
      ...spec,
      generation: spec.generation + 1,
      settings: { GREETING: { kind: 'value', value: 'hello' } },
    })
    await until('ready anew', () => only(runtime).phase === 'ready' && only(runtime).pid !== pid)
    expect(only(runtime)).toMatchObject({ port, exits: [] })
  })

  test('while it is being removed it cannot be asked for; once gone it can', async () => {
    const { runtime, specFor, until } = await begin()
    const spec = { ...(await specFor('stubborn')), graceMs: 300 }
    await runtime.ensure(spec)
    await until('ready', () => only(runtime).phase === 'ready')
    await runtime.remove(spec.id)
    await expect(runtime.ensure(spec)).rejects.toMatchObject({ code: 'held' })
    await until('gone', () => runtime.list().length === 0)
    await runtime.ensure(spec)
    await until('ready again', () => only(runtime).phase === 'ready')
  })
}

function failures(begin: Begin): void {
  test('a process that exits at once is a crash loop after the allowed number of exits', async () => {
    const { runtime, specFor, until } = await begin()
    const spec = { ...(await specFor('exits-at-once')), crashes: { times: 3, withinMs: 60_000 } }
    await runtime.ensure(spec)
    await until('failed', () => only(runtime).phase === 'failed')
    const { failure, exits } = only(runtime)
    expect(failure?.cause).toBe('crash-loop')
    expect(failure?.text).toContain('code 7')
    expect(exits.map((exit) => exit.code)).toEqual([7, 7, 7])
  })

  test('one exit fewer is none', async () => {
    const { runtime, specFor, until } = await begin()
    await runtime.ensure({ ...(await specFor('exits-at-once')), crashes: { times: 3, withinMs: 60_000 } })
    await until('two exits', () => only(runtime).exits.length === 2)
    expect(only(runtime)).not.toHaveProperty('failure')
    expect(only(runtime).phase).toBe('backing-off')
  })

  test('a process that never answers is not ready, and the text says where it was expected', async () => {
    const { runtime, specFor, until } = await begin()
    await runtime.ensure({ ...(await specFor('never-ready')), ready: { path: '/healthz', withinMs: 700 } })
    await until('failed', () => only(runtime).phase === 'failed')
    const { failure, port } = only(runtime)
    expect(failure?.cause).toBe('not-ready')
    expect(failure?.text).toContain(`http://127.0.0.1:${port}/healthz within 0.7 s`)
  })

  test('a command that does not exist cannot be started, and the text names it', async () => {
    const { runtime, specFor, until } = await begin()
    await runtime.ensure(await specFor('command-missing'))
    await until('failed', () => only(runtime).phase === 'failed')
    expect(only(runtime).failure?.cause).toBe('cannot-start')
    expect(only(runtime).failure?.text).toContain('no-such-program')
    expect(only(runtime)).not.toHaveProperty('pid')
  })

  test('a store whose migration fails starts nothing', async () => {
    const { runtime, specFor, until } = await begin()
    await runtime.ensure(await specFor('store-fails'))
    await until('failed', () => only(runtime).phase === 'failed')
    expect(only(runtime).failure?.cause).toBe('store-failed')
    expect(only(runtime).failure?.text).toContain('code 9')
    expect(only(runtime)).not.toHaveProperty('pid')
  })

  test('what failed can be removed', async () => {
    const { runtime, specFor, until } = await begin()
    const spec = await specFor('command-missing')
    await runtime.ensure(spec)
    await until('failed', () => only(runtime).phase === 'failed')
    await runtime.remove(spec.id)
    await until('gone', () => runtime.list().length === 0)
  })
}

function recovery(begin: Begin): void {
  test('a ready process that is killed is started again on the same port, and the exit is kept', async () => {
    const { runtime, specFor, until, kill } = await begin()
    await runtime.ensure(await specFor('serves'))
    await until('ready', () => only(runtime).phase === 'ready')
    const before = only(runtime)
    kill(before)
    await until('ready again', () => only(runtime).phase === 'ready' && only(runtime).pid !== before.pid)
    const after = only(runtime)
    expect(after.port).toBe(before.port)
    expect(after.exits.map((exit) => exit.code)).toEqual([137])
    expect(after).not.toHaveProperty('failure')
  })

  test('one that was ready and is killed too often shows a crash loop but is started again', async () => {
    const { runtime, specFor, until, kill } = await begin()
    await runtime.ensure({ ...(await specFor('serves')), crashes: { times: 2, withinMs: 60_000 } })
    let pid: number | undefined
    for (let round = 0; round < 2; round += 1) {
      await until(`ready ${round}`, () => only(runtime).phase === 'ready' && only(runtime).pid !== pid)
      pid = only(runtime).pid
      kill(only(runtime))
    }
    await until('crash loop', () => only(runtime).failure?.cause === 'crash-loop')
    expect(only(runtime).phase).not.toBe('failed')
    await until('ready again', () => only(runtime).phase === 'ready' && only(runtime).pid !== pid)
  })

  test('a runtime that takes over finds the same process, ready', async () => {
    const { runtime, specFor, until, restart } = await begin()
    await runtime.ensure(await specFor('serves'))
    await until('ready', () => only(runtime).phase === 'ready')
    const before = only(runtime)
    const second = await restart()
    const { pid, port, startedAtMs, readyAtMs } = before
    expect(only(second)).toMatchObject({ pid, port, startedAtMs, readyAtMs, phase: 'ready', spec: before.spec })
  })
}
