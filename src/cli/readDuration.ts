import { CofferdamError } from '../domain/errors.ts'

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/**
 * Milliseconds of `250ms`, `5s`, `10m` or `1h`.
 *
 * @throws `usage`, naming `what` and the value.
 */
export function readDurationMs(what: string, text: string): number {
  const { amount, unit } = /^(?<amount>\d+(?:\.\d+)?)(?<unit>ms|s|m|h)$/.exec(text)?.groups ?? {}
  const factor = unitMs[unit ?? '']
  if (amount === undefined || factor === undefined) {
    throw new CofferdamError(
      'usage',
      `${what} is ${JSON.stringify(text)}; allowed is a number with a unit, such as 250ms, 5s, 10m or 1h`,
    )
  }
  return Number(amount) * factor
}
