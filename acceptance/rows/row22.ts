import { randomUUID } from 'node:crypto'
import { addPagesBuild } from '../canaryOfPages.ts'
import { type EventReader, readStream } from '../eventStream.ts'
import type { Promotion } from '../documents.ts'
import type { Row } from '../row.ts'
import { waitFor } from '../waitFor.ts'

export const row: Row = {
  id: 22,
  title: 'one Idempotency-Key makes one promotion; a cut event stream resumes without gap or repeat',
  run: async (context, report) => {
    const demo = await context.demo()
    const api = demo.api()
    const stream = `${api.url}/api/v1/events`
    const first = readStream(stream, 0)
    const digest = await addPagesBuild(context, demo)
    const body = { service: 'blog-ui', build: digest }
    const key = randomUUID()
    const [one, two] = await Promise.all([
      api.post('/promotions', body, { 'idempotency-key': key }),
      api.post('/promotions', body, { 'idempotency-key': key }),
    ])
    const three = await api.post('/promotions', body, { 'idempotency-key': key })
    const ids = [one, two, three].map((answer) => (answer.body as { readonly id?: string }).id)
    report.check(
      ids[0] !== undefined && ids.every((id) => id === ids[0]),
      `three POSTs with one key: ${ids.join(', ')} (${[one, two, three].map((answer) => answer.status).join(', ')})`,
    )
    const other = await api.post('/promotions', { service: 'blog-ui', build: 'another' }, { 'idempotency-key': key })
    report.check(other.status >= 400, `another body with that key: ${other.status} ${other.text.slice(0, 120)}`)
    const { promotions } = (await api.get('/promotions')).body as { readonly promotions: readonly Promotion[] }
    const made = promotions.filter((promotion) => promotion.candidate.digest === digest || promotion.id === ids[0])
    report.check(made.length === 1, `${made.length} promotion of that build (1)`)
    const twin = await api.post('/promotions', body, { 'idempotency-key': randomUUID() })
    report.check(twin.status === 409, `the twin with another key is a second request: ${twin.status} (409, held)`)
    context.facts.set('pages promotion', ids[0])
    await waitFor('20 events', () => (first.ids().length >= 20 ? true : undefined), { withinMs: 30_000 })
    first.cut()
    const cutAt = first.ids().at(-1) ?? 0
    await waitFor('news while nobody listens', async () => ((await api.events(cutAt)).length > 0 ? true : undefined), {
      withinMs: 60_000,
    })
    const second = readStream(stream, cutAt)
    await waitFor(
      'the stream to catch up',
      async () =>
        second.ids().length > 0 && (second.ids().at(-1) ?? 0) >= ((await api.events(cutAt)).at(-1)?.id ?? 0)
          ? true
          : undefined,
      { withinMs: 30_000 },
    )
    second.cut()
    checkIds([first, second], report.check)
    if (!context.quick) await demo.cli(['promotion', 'abort', ids[0] ?? ''], 60_000)
  },
}

function checkIds(readers: readonly EventReader[], check: (holds: boolean, text: string) => boolean): void {
  const ids = readers.flatMap((reader) => reader.ids())
  const wrong = ids.filter((id, at) => at > 0 && id !== (ids[at - 1] ?? 0) + 1)
  check(
    wrong.length === 0,
    `${readers.map((reader) => reader.ids().length).join(' + ')} events, ${ids[0]} to ${ids.at(-1)}, no gap and no repeat${wrong.length > 0 ? `, but at ${wrong.slice(0, 5).join(', ')}` : ''}`,
  )
}
