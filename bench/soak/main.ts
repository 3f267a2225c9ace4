import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * What takes too long for the tests, one after the other, and whether all of it held: `npm run soak -- [--minutes 10]
 * [--only bodies-and-idle,reload,reload-workers,steady,steady-workers,killed]`. Half an hour as it is; exit code 1 when
 * something did not hold.
 */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, only: { type: 'string' } },
})
const bench = join(import.meta.dirname, '..')
const minutes = ['--minutes', values.minutes]
const parts: readonly { readonly name: string; readonly what: string; readonly args: readonly string[] }[] = [
  { name: 'bodies-and-idle', what: '100 MB up and down, 10,000 idle connections', args: ['gateway/soak.ts'] },
  { name: 'reload', what: '1,000 tables in 60 s at 2,000 requests a second', args: ['reload/main.ts'] },
  { name: 'reload-workers', what: 'the same with 2 workers', args: ['reload/main.ts', '--workers', '2'] },
  { name: 'steady', what: 'memory and descriptors stay flat', args: ['soak/steady.ts', ...minutes] },
  { name: 'steady-workers', what: 'the same with 2 workers', args: ['soak/steady.ts', '--workers', '2', ...minutes] },
  { name: 'killed', what: 'a worker that is killed is replaced within a second', args: ['workers/main.ts'] },
]

const names = values.only?.split(',') ?? parts.map(({ name }) => name)
const unknown = names.filter((name) => !parts.some((part) => part.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `soak: --only names "${unknown.join(',')}"; allowed: ${parts.map(({ name }) => name).join(', ')}\n`,
  )
  process.exit(2)
}

const results: { readonly what: string; readonly held: boolean; readonly seconds: number }[] = []
for (const { name, what, args } of parts.filter((part) => names.includes(part.name))) {
  process.stdout.write(`\n## ${name}: ${what}\n\n`)
  const [file = '', ...rest] = args
  const startedAtMs = performance.now()
  const child = spawn(process.execPath, [join(bench, file), ...rest], { stdio: ['ignore', 'inherit', 'inherit'] })
  const [code] = (await once(child, 'exit')) as [number | null]
  results.push({ what, held: code === 0, seconds: (performance.now() - startedAtMs) / 1000 })
}
process.stdout.write('\n| soak | held | seconds |\n|---|---|---|\n')
for (const { what, held, seconds } of results)
  process.stdout.write(`| ${what} | ${held ? 'yes' : 'NO'} | ${seconds.toFixed(0)} |\n`)
process.exitCode = results.every(({ held }) => held) ? 0 : 1
