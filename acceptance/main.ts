import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createContext } from './context.ts'
import { createReport } from './report.ts'
import type { Row } from './row.ts'

/** In the order in which they share one demo: what needs it young first, what ends it last. */
const quickRows = [1, 13, 22, 23, 3, 2, 11, 12, 15, 9, 16, 14, 20]

const { values } = parseArgs({
  options: {
    row: { type: 'string' },
    runs: { type: 'string' },
    quick: { type: 'boolean', default: false },
    rate: { type: 'string', default: '300' },
    keep: { type: 'boolean', default: false },
  },
})

const known = readdirSync(join(import.meta.dirname, 'rows')).flatMap(
  (name) => Number(/^row(\d+)\.ts$/.exec(name)?.[1] ?? Number.NaN) || [],
)
const wanted = values.row?.split(',').map(Number) ?? (values.quick ? quickRows : known.sort((a, b) => a - b))
const unknown = wanted.filter((id) => !known.includes(id))
if (unknown.length > 0) {
  process.stderr.write(`there is no row ${unknown.join(', ')}; there are ${known.join(', ')}\n`)
  process.exit(2)
}

const context = createContext({
  quick: values.quick,
  rate: Number(values.rate),
  keep: values.keep,
  ...(values.runs === undefined ? {} : { runs: Number(values.runs) }),
})
/** `void`: it did not hold, and the client that looked was too late itself, so that it says nothing. */
type Outcome = 'passed' | 'failed' | 'void'

const results: { readonly id: number; readonly outcome: Outcome }[] = []
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted = true
    void context.close().then(() => process.exit(130))
  })
}

const startedAtMs = performance.now()
for (const id of wanted) {
  if (interrupted) break
  const first = await runRow(id)
  results.push({ id, outcome: first !== 'passed' && values.quick && !interrupted ? await runAgain(id, first) : first })
  if (!values.quick) await context.endDemos()
}
if (!interrupted) {
  const left = await context.close()
  if (left.length > 0) say(`had to be killed by hand:\n  ${left.join('\n  ')}`)
  const [failed, empty] = (['failed', 'void'] as const).map((outcome) =>
    results.filter((one) => one.outcome === outcome).map((one) => one.id),
  ) as [number[], number[]]
  if (failed.length > 0) say(`failed: row ${failed.join(', ')}`)
  if (empty.length > 0)
    say(
      `void: row ${empty.join(', ')}; on a quieter machine: node acceptance/main.ts --row ${empty.join(',')} --runs 1`,
    )
  say(`${Math.round((performance.now() - startedAtMs) / 1000)} s`)
  const skipped = empty.length > 0 ? `, ${empty.length} skipped` : ''
  say(`${results.length - failed.length - empty.length} passed, ${failed.length} failed${skipped}`)
  process.exit(failed.length === 0 ? 0 : 1)
}

/**
 * The contract promises 9 of 10 runs, healthy builds of the example fail one request in 1,000 by themselves, and a machine
 * may be too busy for the demo and its client: where a row runs only once, one that failed is run at most twice more, and
 * says so.
 */
async function runAgain(id: number, first: Outcome): Promise<Outcome> {
  let outcome = first
  for (const attempt of ['once', 'twice']) {
    say(
      `row ${id} ${outcome === 'void' ? 'was void' : 'failed'} and is run again (${attempt}): the contract promises 9 of 10 runs`,
    )
    const next = await runRow(id)
    if (next === 'passed') return next
    // One failure that was measured right is one, whatever the others are.
    if (outcome === 'void') outcome = next
  }
  return outcome
}

async function runRow(id: number): Promise<Outcome> {
  const { row } = (await import(`./rows/row${String(id).padStart(2, '0')}.ts`)) as { readonly row: Row }
  say(`row ${row.id}: ${row.title}`)
  const report = createReport(say)
  const begun = performance.now()
  try {
    await row.run(context, report)
  } catch (error) {
    report.check(false, describeError(error))
  }
  const passed = report.checks() > 0 && report.failures().length === 0
  const outcome = passed ? 'passed' : report.isVoid() ? 'void' : 'failed'
  const word = { passed: 'PASS', failed: 'FAIL', void: 'VOID' }[outcome]
  say(`${word} row ${row.id} in ${Math.round((performance.now() - begun) / 1000)} s`)
  return outcome
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // `fetch failed` says nothing; its cause does.
  return error.message === 'fetch failed' ? `${error.message} (${String(error.cause)})` : error.message
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
