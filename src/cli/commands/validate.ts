import { resolve } from 'node:path'
import type { CommandInput } from '../command.ts'

interface Problem {
  readonly text: string
  readonly file?: string
  readonly line?: number
}

/** Checks a configuration file of this machine; asks no API. */
export async function validate({ args, options, terminal, print }: CommandInput): Promise<number> {
  if (options.flag('schema')) {
    const { configJsonSchema } = await import('../../config/jsonSchema.ts')
    terminal.out(`${JSON.stringify(configJsonSchema(), null, 2)}\n`)
    return 0
  }
  const path = resolve(terminal.cwd, args[0] ?? 'cofferdam.yaml')
  const { readConfig } = await import('../../config/readConfig.ts')
  const config = await readConfig(path, { folders: false })
  if (!config.ok) {
    print(
      { problems: config.problems },
      () =>
        `${config.problems.map((problem) => formatProblem(path, problem)).join('')}${countOf(config.problems.length, 'problem')} in ${path}\n`,
    )
    return 2
  }
  if (options.flag('effective')) {
    const { effectiveConfig, formatEffective } = await import('../../config/effective.ts')
    const effective = effectiveConfig(config.source.data)
    print(effective, () => formatEffective(effective))
    return 0
  }
  print(
    { problems: [] },
    () =>
      `${path} is valid: ${countOf(config.organisation.services.length, 'service')}, ${countOf(config.organisation.environments.length, 'environment')}\n`,
  )
  return 0
}

function formatProblem(path: string, { file, line, text }: Problem): string {
  return `${file ?? path}${line === undefined ? '' : `:${line}`}  ${text}\n`
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
