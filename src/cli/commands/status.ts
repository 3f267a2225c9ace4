import type { Status } from '../../http/contract/documents.ts'
import type { CommandInput } from '../command.ts'
import { formatStatus } from '../print/formatStatus.ts'

export async function status({ client, print }: CommandInput): Promise<number> {
  const found = await client().get<Status>('/status')
  print(found, () => formatStatus(found))
  return 0
}
