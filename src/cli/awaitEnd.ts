import type { Promotion } from '../http/contract/documents.ts'
import type { CommandInput } from './command.ts'
import { formatPromotion } from './print/formatPromotion.ts'
import { formatHolds } from './print/formatHolds.ts'
import { createProgress, exitCodeOf, hasEnded, watchPromotion } from './watchPromotion.ts'

const defaultTimeoutMs = 60 * 60_000

/** Follows a promotion to its end under `--timeout` and prints how it ended. */
export async function awaitEnd(input: CommandInput, promotion: Promotion): Promise<Promotion> {
  const progress = input.isJson ? { onChange: () => {}, end: () => {} } : createProgress(input.terminal)
  try {
    const timeoutMs = input.options.durationMs('timeout') ?? defaultTimeoutMs
    return await watchPromotion(input.client(), promotion.id, { timeoutMs, ...progress })
  } finally {
    progress.end()
  }
}

/** Prints the end of a promotion, or where it is now; returns the exit code of `--wait`. */
export function printEnd(input: CommandInput, promotion: Promotion): number {
  input.print(promotion, () => {
    const link = `${input.client().url()}/api/v1/promotions/${promotion.id}\n`
    if (promotion.result !== undefined) return `${promotion.id}: ${promotion.result.text}\n${link}`
    if (hasEnded(promotion)) return `${formatPromotion(promotion)}\n${link}`
    const holds = promotion.holds.length === 0 ? '' : formatHolds(promotion.holds, '  ')
    return `${promotion.id} goes on (${promotion.phase} in ${promotion.stage}); follow it with \`cofferdam promotion watch ${promotion.id}\`\n${holds}${link}`
  })
  return exitCodeOf(promotion)
}
