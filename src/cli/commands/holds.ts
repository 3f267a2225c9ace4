import type { HeldPromotion } from '../../http/contract/documents.ts'
import type { CommandInput } from '../command.ts'
import { formatHolds } from '../print/formatHolds.ts'

export async function holds({ client, print }: CommandInput): Promise<number> {
  const list = await client().get<{ holds: readonly HeldPromotion[] }>('/holds')
  print(list, () => {
    if (list.holds.length === 0) return 'Nothing is held.\n'
    const promotions = [...new Set(list.holds.map((hold) => hold.promotion))]
    return promotions
      .map(
        (id) =>
          `${id}\n${formatHolds(
            list.holds.filter((hold) => hold.promotion === id),
            '  ',
          )}`,
      )
      .join('')
  })
  return 0
}
