import type { Promotion } from '../../http/contract/documents.ts'
import type { CommandInput } from '../command.ts'
import { formatPromotions } from '../print/formatPromotion.ts'

export async function listPromotions({ options, client, print }: CommandInput): Promise<number> {
  const query = new URLSearchParams()
  const service = options.text('service')
  if (service !== undefined) query.set('service', service)
  query.set('limit', String(options.number('limit', 1, 1_000) ?? 50))
  const list = await client().get<{ promotions: readonly Promotion[] }>(`/promotions?${query.toString()}`)
  print(list, () => formatPromotions(list.promotions))
  return 0
}
