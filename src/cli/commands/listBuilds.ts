import type { BuildDocument } from '../../http/contract/documents.ts'
import type { CommandInput } from '../command.ts'
import { formatTable } from '../print/formatTable.ts'
import { shortDigest } from '../print/units.ts'

export async function listBuilds({ args, client, print }: CommandInput): Promise<number> {
  const query = args[0] === undefined ? '' : `?service=${encodeURIComponent(args[0])}`
  const list = await client().get<{ builds: readonly BuildDocument[] }>(`/builds${query}`)
  print(list, () => {
    if (list.builds.length === 0) return 'There are no builds yet.\n'
    const rows = list.builds.map((build) => [
      build.service,
      build.names.join(', '),
      shortDigest(build.digest),
      build.addedAt.slice(0, 19),
      build.about ?? build.commit ?? '',
    ])
    return formatTable([['SERVICE', 'NAMES', 'DIGEST', 'ADDED', 'ABOUT'], ...rows])
  })
  return 0
}
