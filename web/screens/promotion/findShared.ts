import type { SeenRequest } from '../../live/queries.ts'

/** Something that failed requests have and others have not, or less often. */
export interface Finding {
  readonly what: string
  readonly value: string
  readonly failed: number
  readonly failedOf: number
  readonly others: number
  readonly othersOf: number
}

const attributes: readonly (readonly [what: string, of: (request: SeenRequest) => string | null])[] = [
  ['route', (request) => `${request.method} ${request.route}`],
  ['method', (request) => request.method],
  ['status', (request) => String(request.status)],
  ['caller', (request) => request.caller ?? 'the front door'],
  ['host', (request) => request.host],
]

/** Shared by fewer of the failed than this it explains nothing. */
const leastShare = 0.3
/** The shares must differ by so much. */
const leastDifference = 0.2
const mostFindings = 8

/** What the failed requests share and the others do not, the largest difference first. */
export function findShared(failed: readonly SeenRequest[], others: readonly SeenRequest[]): readonly Finding[] {
  if (failed.length === 0) return []
  const findings = attributes.flatMap(([what, of]) => {
    const inFailed = countBy(failed, of)
    const inOthers = countBy(others, of)
    return [...inFailed].map(
      ([value, count]): Finding => ({
        what,
        value,
        failed: count,
        failedOf: failed.length,
        others: inOthers.get(value) ?? 0,
        othersOf: others.length,
      }),
    )
  })
  return findings
    .filter((one) => one.failed / one.failedOf >= leastShare && differenceOf(one) >= leastDifference)
    .toSorted((a, b) => differenceOf(b) - differenceOf(a))
    .slice(0, mostFindings)
}

function differenceOf({ failed, failedOf, others, othersOf }: Finding): number {
  return failed / failedOf - (othersOf === 0 ? 0 : others / othersOf)
}

function countBy(
  requests: readonly SeenRequest[],
  of: (request: SeenRequest) => string | null,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const request of requests) {
    const value = of(request)
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return counts
}
