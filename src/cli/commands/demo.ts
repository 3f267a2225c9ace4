import { resolve } from 'node:path'
import { CofferdamError } from '../../domain/errors.ts'
import type { CommandInput } from '../command.ts'

const defaultRate = 300
const defaultWithinMs = 60_000

// The composition roots know everything; nothing else that the CLI does may load them.

export async function demo(input: CommandInput): Promise<number> {
  const { options } = input
  const start = {
    ...readStart(input),
    rate: options.number('rate', 0, 100_000) ?? defaultRate,
    ...(input.isJson ? { printJson: (ready: unknown) => input.print(ready, () => '') } : {}),
  }
  const { runDemo } = await import('../../main/demo.ts')
  return runDemo(start)
}

export async function up(input: CommandInput): Promise<number> {
  const start = {
    ...readStart(input),
    config: resolve(input.terminal.cwd, input.args[0] ?? 'cofferdam.yaml'),
    withinMs: input.options.durationMs('timeout') ?? defaultWithinMs,
    print: input.print,
  }
  const { runUp } = await import('../../main/up.ts')
  return runUp(start)
}

export async function down(input: CommandInput): Promise<number> {
  const { runDown } = await import('../../main/up.ts')
  return runDown({ home: input.home, print: input.print })
}

function readStart(input: CommandInput): {
  readonly home: string
  readonly port: number | 'auto'
  readonly readyFile?: string
  readonly workers: number
} {
  const readyFile = input.options.text('readyFile')
  return {
    home: input.home,
    port: readWhole(input, 'port', 1, 65_535) ?? 'auto',
    workers: readWhole(input, 'workers', 1, 64) ?? 1,
    ...(readyFile === undefined ? {} : { readyFile: resolve(input.terminal.cwd, readyFile) }),
  }
}

function readWhole({ options }: CommandInput, name: string, least: number, most: number): number | undefined {
  const value = options.number(name, least, most)
  if (value === undefined || Number.isInteger(value)) return value
  throw new CofferdamError('usage', `--${name} is ${value}; allowed is a whole number from ${least} to ${most}`)
}
