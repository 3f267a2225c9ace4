import type { RequestsFilter, SeenRequestDocument } from '../catalogDocuments.ts'
import type { Traffic } from '../ports.ts'

/** The newest requests of an environment, over all gateways; a gateway that does not answer leaves out its own. */
export async function environmentRequests(
  traffic: Pick<Traffic, 'gateways' | 'requests'>,
  filter: RequestsFilter,
): Promise<readonly SeenRequestDocument[]> {
  const answers = await Promise.allSettled(
    traffic.gateways().map((gateway) => traffic.requests(gateway, { ...filter })),
  )
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  return (found as readonly SeenRequestDocument[])
    .toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
    .slice(0, filter.limit)
}
