import { parseArgs } from 'node:util'

export interface LoadArguments {
  /** Where requests enter, for example `http://127.0.0.1:8080`. */
  readonly front: string
  /** Visits a second; 0 asks nothing. */
  readonly visitsPerSecond: number
  /** The file whose section `load` says what a visit asks. */
  readonly planFile: string
}

export const usage = 'load --front URL --rate VISITS_A_SECOND --plan FILE'

/** Throws with the argument, its value and what is allowed. */
export function readArguments(args: readonly string[]): LoadArguments {
  const { values } = parseArgs({
    args: [...args],
    options: { front: { type: 'string' }, rate: { type: 'string' }, plan: { type: 'string' } },
  })
  const front = values.front
  if (front === undefined || !URL.canParse(front) || new URL(front).protocol !== 'http:') {
    throw new Error(`--front is ${front ?? 'missing'}; allowed is an http:// address. Usage: ${usage}`)
  }
  const visitsPerSecond = Number(values.rate)
  if (values.rate === undefined || values.rate === '' || !(visitsPerSecond >= 0 && visitsPerSecond <= 100_000)) {
    throw new Error(`--rate is ${values.rate ?? 'missing'}; allowed is a number from 0 to 100000. Usage: ${usage}`)
  }
  if (values.plan === undefined) throw new Error(`--plan is missing; allowed is a file. Usage: ${usage}`)
  return { front: new URL(front).origin, visitsPerSecond, planFile: values.plan }
}
