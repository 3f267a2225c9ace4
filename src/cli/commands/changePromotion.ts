import { CofferdamError } from '../../domain/errors.ts'
import type { Promotion } from '../../http/contract/documents.ts'
import { awaitEnd, printEnd } from '../awaitEnd.ts'
import type { CommandInput } from '../command.ts'
import { formatPromotion } from '../print/formatPromotion.ts'
import { exitCodeOf } from '../watchPromotion.ts'

/** Takes a promotion back; waits until it is, because that is what was asked for. */
export async function abortPromotion(input: CommandInput): Promise<number> {
  const promotion = await change(input, 'abort')
  if (promotion.phase !== 'done') return endAsAsked(input, promotion)
  input.print(
    promotion,
    () =>
      `${promotion.id} has arrived already, nothing was changed; \`cofferdam rollback ${promotion.service}\` takes ${promotion.service} back\n`,
  )
  return 1
}

export async function retryPromotion(input: CommandInput): Promise<number> {
  const promotion = await change(input, 'retry')
  if (input.options.flag('wait')) return printEnd(input, await awaitEnd(input, promotion))
  input.print(promotion, () => formatPromotion(promotion))
  return 0
}

export async function passPromotion(input: CommandInput): Promise<number> {
  if (input.options.text('reason') === undefined) {
    throw new CofferdamError('usage', 'promotion pass needs --reason: your word takes the place of a proof')
  }
  const promotion = await change(input, 'pass')
  input.print(promotion, () => formatPromotion(promotion))
  return 0
}

export async function rollback(input: CommandInput): Promise<number> {
  const { args, options, client } = input
  const [to, reason] = [options.text('to'), options.text('reason')]
  const body = {
    service: args[0] ?? '',
    ...(to === undefined ? {} : { to }),
    ...(reason === undefined ? {} : { reason }),
  }
  return endAsAsked(input, await client().post<Promotion>('/rollbacks', body))
}

function change({ args, options, client }: CommandInput, verb: 'abort' | 'retry' | 'pass'): Promise<Promotion> {
  const reason = options.text('reason')
  return client().post<Promotion>(
    `/promotions/${encodeURIComponent(args[0] ?? '')}/${verb}`,
    reason === undefined ? {} : { reason },
  )
}

/** Back is where it was meant to go: exit 0, unless it is still on its way. */
async function endAsAsked(input: CommandInput, promotion: Promotion): Promise<number> {
  if (input.options.flag('noWait')) {
    input.print(promotion, () => formatPromotion(promotion))
    return 0
  }
  const ended = await awaitEnd(input, promotion)
  printEnd(input, ended)
  return exitCodeOf(ended) === 5 ? 5 : 0
}
