import type { Promotion } from '../../http/contract/documents.ts'
import { awaitEnd, printEnd } from '../awaitEnd.ts'
import type { CommandInput } from '../command.ts'
import { exitCodeOf, watchPromotion as follow } from '../watchPromotion.ts'

const defaultTimeoutMs = 60 * 60_000

export async function watchPromotion(input: CommandInput): Promise<number> {
  const { args, options, terminal, client } = input
  const id = args[0] ?? ''
  if (!input.isJson)
    return printEnd(
      input,
      await awaitEnd(input, await client().get<Promotion>(`/promotions/${encodeURIComponent(id)}`)),
    )
  const ended = await follow(client(), id, {
    timeoutMs: options.durationMs('timeout') ?? defaultTimeoutMs,
    onChange: (promotion) => terminal.out(`${JSON.stringify(promotion)}\n`),
  })
  return exitCodeOf(ended)
}
