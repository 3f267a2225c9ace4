import type { Promotion } from '../../http/contract/documents.ts'
import type { CommandInput } from '../command.ts'
import { formatPromotion } from '../print/formatPromotion.ts'

export async function showPromotion({ args, client, print }: CommandInput): Promise<number> {
  const promotion = await client().get<Promotion>(`/promotions/${encodeURIComponent(args[0] ?? '')}`)
  print(promotion, () => formatPromotion(promotion))
  return 0
}
