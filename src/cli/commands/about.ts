import type { AboutDocument } from '../../http/contract/documents.ts'
import type { CommandInput } from '../command.ts'

export async function about({ client, print }: CommandInput): Promise<number> {
  const known = await client().get<AboutDocument>('/about')
  print(known, () => `Cofferdam ${known.version} with the home ${known.home}${known.demo ? ', a demo' : ''}\n`)
  return 0
}
