import type { TrafficNow } from '../../http/contract/documents.ts'
import type { CommandInput } from '../command.ts'
import { formatTable } from '../print/formatTable.ts'
import { formatShare } from '../print/units.ts'

/** So many of the last seconds make a rate: as the board shows it. */
const rateSeconds = 10

export async function traffic({ client, print }: CommandInput): Promise<number> {
  const now = await client().get<TrafficNow>('/traffic')
  print(now, () => {
    if (now.services.length === 0) return 'No service has been asked anything yet.\n'
    return formatTable([['ENVIRONMENT', 'SERVICE', 'REQUESTS/S', 'BAD'], ...now.services.map(formatService)])
  })
  return 0
}

function formatService({ environment, service, requests, bad }: TrafficNow['services'][number]): readonly string[] {
  const last = (values: readonly number[]): number => values.slice(-rateSeconds).reduce((sum, value) => sum + value, 0)
  const total = last(requests)
  return [environment, service, (total / rateSeconds).toFixed(1), total === 0 ? '–' : formatShare(last(bad) / total)]
}
