import { CofferdamError } from '../domain/errors.ts'
import type { Problem } from '../config/problem.ts'

const mostShown = 20

/** Everything that is wrong with a configuration, in the message for people and as `problems` for scripts. */
export function invalidConfig(path: string, problems: readonly Problem[]): CofferdamError {
  const lines = problems.slice(0, mostShown).map((one) => `  ${one.text}`)
  const more = problems.length > mostShown ? [`  … and ${problems.length - mostShown} more`] : []
  return new CofferdamError(
    'invalid-config',
    `${path} has ${problems.length} problem${problems.length === 1 ? '' : 's'}\n${[...lines, ...more].join('\n')}`,
    { details: { problems } },
  )
}
