import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Fault } from './fault.ts'
import { gatewayFaults } from './gateway.ts'

/**
 * Plants one fault after the other in a copy of the sources, and runs the test that must find it:
 * `npm run faults -- gateway [--only WORDS]`. First the tests run without a fault. Exit code 1: a fault that nobody found.
 */
const all: Readonly<Record<string, readonly Fault[]>> = { gateway: gatewayFaults }
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' } },
})
const [area = ''] = positionals
const faults = all[area]?.filter(({ name }) => name.includes(values.only))
if (faults === undefined) {
  process.stderr.write(`faults: "${area}" has no list; allowed: ${Object.keys(all).join(', ')}\n`)
  process.exit(2)
}

const root = resolve(import.meta.dirname, '../..')
const copy = mkdtempSync(join(tmpdir(), 'faults-'))

interface Result {
  readonly passed: number
  readonly failed: number
  /** Of the file: it could not even be loaded, or nothing ran. */
  readonly problem?: string
}

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
}

function runTests(file: string, names: readonly string[]): Result {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  const pattern = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    file,
    '-t',
    pattern,
    '--retry=0',
    '--reporter=json',
  ]
  const { stdout, stderr } = spawnSync(process.execPath, [...args, `--outputFile=${report}`], {
    cwd: copy,
    encoding: 'utf8',
  })
  try {
    const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(readFileSync(report, 'utf8')) as Report
    return { passed, failed, ...(passed + failed === 0 ? { problem: 'no test of that name ran' } : {}) }
  } catch {
    return { passed: 0, failed: 0, problem: `${stdout}${stderr}`.trim().slice(-500) }
  }
}

/** @returns what is wrong; undefined: the fault was found. */
function plant(fault: Fault): string | undefined {
  const path = join(copy, fault.file)
  const text = readFileSync(path, 'utf8')
  const times = text.split(fault.find).length - 1
  if (times !== 1) return `its text stands ${times} times in ${fault.file}; it must stand there once`
  writeFileSync(
    path,
    text.replace(fault.find, () => fault.replace),
  )
  const { failed, problem } = runTests(fault.test[0], [fault.test[1]])
  writeFileSync(path, text)
  return problem ?? (failed === 0 ? `"${fault.test[1]}" of ${fault.test[0]} did not find it` : undefined)
}

let wrong = 0
try {
  for (const path of ['src', 'package.json', 'vitest.config.ts', 'tsconfig.json'])
    cpSync(join(root, path), join(copy, path), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const [file, own] of Map.groupBy(faults, ({ test }) => test[0])) {
    const { passed, failed, problem } = runTests(file, [...new Set(own.map(({ test }) => test[1]))])
    if (failed === 0 && problem === undefined)
      process.stdout.write(`without a fault: ${passed} tests of ${file} pass\n`)
    else {
      wrong += 1
      process.stdout.write(
        `without a fault: ${failed} tests of ${file} fail; ${problem ?? 'their faults prove nothing'}\n`,
      )
    }
  }
  for (const fault of faults) {
    const problem = plant(fault)
    if (problem !== undefined) wrong += 1
    process.stdout.write(
      `${problem === undefined ? 'found' : 'NOT FOUND'}: ${fault.name}${problem === undefined ? '' : `: ${problem}`}\n`,
    )
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
process.stdout.write(`${faults.length} faults, ${wrong} problems\n`)
process.exitCode = wrong === 0 ? 0 : 1
