import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Build } from '../domain/catalog/build.ts'
import type { DocumentWrite, Event, NewEvent, Store } from '../engine/ports.ts'
import { rememberMs } from './limits.ts'

/** What every store must do; run for each implementation. */
export function describeStore(
  name: string,
  open: (onEvents: (events: readonly Event[]) => void) => Promise<Store>,
): void {
  describe(name, () => {
    let store: Store
    let heard: Event[]

    beforeEach(async () => {
      heard = []
      store = await open((events) => heard.push(...events))
    })
    afterEach(() => store.close())

    describeDocuments(() => store)
    describeLists(() => store)
    describeEvents(
      () => store,
      () => heard,
    )
    describeRest(() => store)
  })
}

function describeDocuments(store: () => Store): void {
  test('a document comes back as it was saved, with its revision', async () => {
    expect(await store().load('build', 'a')).toBeUndefined()
    await store().commit({ documents: [write('a', 0)] })
    expect(await store().load('build', 'a')).toEqual({ id: 'a', revision: 1, document: build('a') })
    await store().commit({ documents: [{ ...write('a', 1), document: build('a', ['x', 'y']) }] })
    expect(await store().load('build', 'a')).toEqual({ id: 'a', revision: 2, document: build('a', ['x', 'y']) })
  })

  test.each([0, 2])('a write over revision 1 that says %i is stale and changes nothing', async (revision) => {
    await store().commit({ documents: [write('a', 0)] })
    const committed = await store().commit({
      documents: [write('b', 0), { ...write('a', revision), document: build('a', ['late']) }],
      events: [event('lost')],
      observations: [{ rollout: 'r-1', n: 1, json: '{}' }],
    })
    expect(committed).toEqual({ saved: false, stale: { kind: 'build', id: 'a' } })
    expect(await store().load('build', 'a')).toMatchObject({ revision: 1, document: build('a') })
    expect(await store().load('build', 'b')).toBeUndefined()
    expect(await store().lastEventId()).toBe(0)
    expect(await store().observations('r-1', 0, 10)).toEqual([])
  })

  test('a write of a document that does not exist is stale unless it creates', async () => {
    expect(await store().commit({ documents: [write('a', 1)] })).toMatchObject({ saved: false })
    expect(await store().commit({ documents: [write('a', 0)] })).toMatchObject({ saved: true })
  })

  test('of many writers of one revision one is saved', async () => {
    await store().commit({ documents: [write('a', 0)] })
    const all = await Promise.all(Array.from({ length: 20 }, () => store().commit({ documents: [write('a', 1)] })))
    expect(all.filter(({ saved }) => saved)).toHaveLength(1)
    expect(await store().load('build', 'a')).toMatchObject({ revision: 2 })
  })

  test('kinds do not share ids', async () => {
    await store().commit({
      documents: [write('current', 0), { kind: 'doors', id: 'current', revision: 0, document: { d: 1 } }],
    })
    expect(await store().load('doors', 'current')).toMatchObject({ document: { d: 1 } })
    expect(await store().load('build', 'current')).toMatchObject({ document: build('current') })
  })

  test('what was given or returned is nobody else’s object', async () => {
    const names = ['x']
    await store().commit({ documents: [{ kind: 'build', id: 'a', revision: 0, document: build('a', names) }] })
    names.push('changed by the giver')
    const first = await store().load('build', 'a')
    const returned = (first?.document.names ?? []) as string[]
    try {
      returned.push('changed by a reader')
    } catch (error) {
      // A store may share what it returns, when nobody can change it.
      expect(Object.isFrozen(returned), String(error)).toBe(true)
    }
    expect((await store().load('build', 'a'))?.document.names).toEqual(['x'])
  })

  test('a number that JSON cannot hold is refused by its key', async () => {
    const bad = { ...build('a'), addedAtMs: Number.POSITIVE_INFINITY }
    await expect(
      store().commit({ documents: [{ kind: 'build', id: 'a', revision: 0, document: bad }] }),
    ).rejects.toThrow(/"addedAtMs" is Infinity/)
    expect(await store().load('build', 'a')).toBeUndefined()
  })

  test('any text and any finite number survive', async () => {
    const text = fc.array(fc.nat(0x10_ff_ff), { maxLength: 20 }).map((points) => String.fromCodePoint(...points))
    await fc.assert(
      fc.asyncProperty(
        fc.uuid(),
        text,
        fc.double({ noDefaultInfinity: true, noNaN: true }),
        async (id, about, number) => {
          const document = { ...build(id), about: about.toWellFormed(), addedAtMs: number === 0 ? 0 : number }
          await store().commit({ documents: [{ kind: 'build', id, revision: 0, document }] })
          expect((await store().load('build', id))?.document).toEqual(document)
        },
      ),
      { numRuns: 30 },
    )
  })
}

function describeLists(store: () => Store): void {
  test('lists are newest first by creation, filtered, limited', async () => {
    await store().commit({ documents: [write('a', 0, 'cart', 'moving'), write('b', 0, 'pay', 'done')] })
    await store().commit({ documents: [write('c', 0, 'cart', 'done')] })
    await store().commit({ documents: [write('a', 1, 'cart', 'done')] })
    const ids = async (filter?: Parameters<Store['list']>[1]): Promise<readonly string[]> =>
      (await store().list('build', filter)).map(({ id }) => id)
    expect(await ids()).toEqual(['c', 'b', 'a'])
    expect(await ids({ service: 'cart' })).toEqual(['c', 'a'])
    expect(await ids({ phases: ['done'] })).toEqual(['c', 'b', 'a'])
    expect(await ids({ phases: ['moving', 'waiting'] })).toEqual([])
    expect(await ids({ phases: [] })).toEqual([])
    expect(await ids({ service: 'pay', phases: ['done', 'moving'] })).toEqual(['b'])
    expect(await ids({ limit: 2 })).toEqual(['c', 'b'])
    expect(await store().list('pool')).toEqual([])
  })

  test('a list has at most 1,000 entries', async () => {
    const documents = Array.from({ length: 1_005 }, (_, index) => write(`b${index}`, 0))
    await store().commit({ documents })
    expect(await store().list('build')).toHaveLength(1_000)
    expect(await store().list('build', { limit: 5_000 })).toHaveLength(1_000)
  })
}

function describeEvents(store: () => Store, heard: () => readonly Event[]): void {
  test('event ids count from 1 without gaps, across commits that were refused', async () => {
    await store().commit({ events: [event('one'), event('two')] })
    await store().commit({ documents: [write('missing', 7)], events: [event('lost')] })
    const committed = await store().commit({ events: [event('three')] })
    expect(committed).toMatchObject({ saved: true, events: [{ id: 3, text: 'three' }] })
    expect((await store().events(0, 100)).map(({ id, text }) => [id, text])).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ])
    expect(await store().lastEventId()).toBe(3)
    expect(heard().map(({ id }) => id)).toEqual([1, 2, 3])
  })

  test('events are read after an id, oldest first, limited', async () => {
    await store().commit({ events: Array.from({ length: 10 }, (_, index) => event(`e${index}`)) })
    expect((await store().events(4, 3)).map(({ id }) => id)).toEqual([5, 6, 7])
    expect(await store().events(10, 3)).toEqual([])
  })

  test('an event comes back with all and only its fields', async () => {
    const full: NewEvent = {
      ...event('full'),
      promotion: 'p-1',
      service: 'cart',
      environment: 'production',
      data: { a: [1, { b: null }] },
    }
    await store().commit({ events: [full, event('bare')] })
    expect(await store().events(0, 10)).toStrictEqual([
      { ...full, id: 1 },
      { ...event('bare'), id: 2 },
    ])
  })
}

function describeRest(store: () => Store): void {
  test('counters count by themselves from 1', async () => {
    expect([
      await store().next('promotion'),
      await store().next('promotion'),
      await store().next('organisation'),
    ]).toEqual([1, 2, 1])
  })

  test('observations come back by number, after one, limited; one is stored once', async () => {
    const of = (rollout: string, n: number): { rollout: string; n: number; json: string } => ({
      rollout,
      n,
      json: `{"n":${n}}`,
    })
    await store().commit({ observations: [of('r-1', 2), of('r-2', 1), of('r-1', 10)] })
    await store().commit({ observations: [of('r-1', 3)] })
    expect(await store().observations('r-1', 0, 100)).toEqual([of('r-1', 2), of('r-1', 3), of('r-1', 10)])
    expect(await store().observations('r-1', 2, 1)).toEqual([of('r-1', 3)])
    await expect(store().commit({ observations: [of('r-1', 4), of('r-1', 3)] })).rejects.toThrow()
    expect(await store().observations('r-1', 3, 100)).toEqual([of('r-1', 10)])
  })

  test('the observations of one rollout are forgotten together with what says so, or not at all', async () => {
    const of = (rollout: string, n: number) => ({ rollout, n, json: '{}' })
    await store().commit({ documents: [write('a', 0)], observations: [of('r-1', 1), of('r-1', 2), of('r-2', 1)] })
    expect(await store().commit({ documents: [write('a', 7)], forget: ['r-1'] })).toMatchObject({ saved: false })
    expect(await store().observations('r-1', 0, 10)).toHaveLength(2)
    expect(await store().commit({ documents: [write('a', 1)], forget: ['r-1', 'r-9'] })).toMatchObject({ saved: true })
    expect(await store().observations('r-1', 0, 10)).toEqual([])
    expect(await store().observations('r-2', 0, 10)).toEqual([of('r-2', 1)])
  })

  test('an answer is remembered for 24 h, the first one', async () => {
    expect(await store().recall('k', 0)).toBeUndefined()
    await store().remember('k', 'request', 'answer', 1_000)
    await store().remember('k', 'request', 'another', 2_000)
    expect(await store().recall('k', 1_000 + rememberMs - 1)).toEqual({ request: 'request', answer: 'answer' })
    expect(await store().recall('k', 1_000 + rememberMs)).toBeUndefined()
    await store().remember('k', 'request 2', 'answer 2', 1_000 + rememberMs)
    expect(await store().recall('k', 1_000 + rememberMs)).toEqual({ request: 'request 2', answer: 'answer 2' })
  })
}

function build(id: string, names: readonly string[] = ['x']): Build {
  return { digest: `sha256:${id}`, service: 'cart', names, command: ['node', 'main.ts'], addedAtMs: 1.5 }
}

function write(
  id: string,
  revision: number,
  service?: string,
  phase?: string,
): DocumentWrite & { readonly kind: 'build' } {
  return {
    kind: 'build',
    id,
    revision,
    document: build(id),
    ...(service === undefined ? {} : { service }),
    ...(phase === undefined ? {} : { phase }),
  }
}

function event(text: string): NewEvent {
  return { atMs: 1_000, actor: 'engine', kind: 'build.added', on: 'b', text }
}
