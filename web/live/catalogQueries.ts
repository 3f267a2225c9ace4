import { type QueryClient, queryOptions } from '@tanstack/react-query'
import type { HourSlice, NewestSlices, SeenRequest } from '../../src/http/contract/catalogDocuments.ts'
import type { EnvironmentDocument, Explanation, Promotion } from '../../src/http/contract/documents.ts'
import { getDocument, postChange } from './request.ts'

/** An hour of slices of 10 s. */
const keptSlices = 360
/** So many requests a list shows; a request that is asked for by its id is looked for in more. */
const listedRequests = 25
const searchedRequests = 1_000

export const environmentQuery = (name: string) =>
  queryOptions({
    queryKey: ['environment', name],
    queryFn: ({ signal }) => getDocument<EnvironmentDocument>(`/environments/${encodeURIComponent(name)}`, signal),
  })

/** All that happened to a service, newest first, at most 200. */
export const servicePromotionsQuery = (service: string) =>
  queryOptions({
    queryKey: ['service', service, 'promotions'],
    queryFn: async ({ signal }) =>
      (
        await getDocument<{ promotions: readonly Promotion[] }>(
          `/promotions?limit=200&service=${encodeURIComponent(service)}`,
          signal,
        )
      ).promotions,
  })

/** The last hour of a service; what comes is added by the event stream. */
export const hourQuery = (service: string, environment: string) =>
  queryOptions({
    queryKey: ['hour', environment, service],
    queryFn: async ({ signal }) =>
      (
        await getDocument<{ series: readonly HourSlice[] }>(
          `/services/${encodeURIComponent(service)}/series?environment=${encodeURIComponent(environment)}`,
          signal,
        )
      ).series,
  })

export interface RequestsNarrowed {
  readonly service?: string
  readonly failed?: boolean
}

/** Recent requests of an environment, newest first; asked for again at most once a second, when the stream says that there was traffic. */
export const requestsOfQuery = (environment: string, narrowed: RequestsNarrowed) =>
  queryOptions({
    queryKey: ['requests of', environment, narrowed.service ?? '', narrowed.failed === true],
    queryFn: ({ signal }) => getRequests(environment, narrowed, listedRequests, signal),
  })

/** All that the gateways keep of a service's requests, to look for one that is no longer in the list. */
export const searchQuery = (environment: string, service: string, sought: string) =>
  queryOptions({
    queryKey: ['request', environment, sought],
    queryFn: async ({ signal }) => {
      const halves = [true, false].map((failed) =>
        getRequests(environment, { service, failed }, searchedRequests, signal),
      )
      return (await Promise.all(halves)).flat()
    },
  })

async function getRequests(
  environment: string,
  { service, failed }: RequestsNarrowed,
  limit: number,
  signal: AbortSignal,
): Promise<readonly SeenRequest[]> {
  const query = new URLSearchParams({ limit: String(limit) })
  if (service !== undefined) query.set('service', service)
  if (failed !== undefined) query.set('failed', failed ? '1' : '0')
  const path = `/environments/${encodeURIComponent(environment)}/requests?${query}`
  return (await getDocument<{ requests: readonly SeenRequest[] }>(path, signal)).requests
}

/** Where a request would go now, and why. */
export const explainQuery = (method: string, url: string) =>
  queryOptions({
    queryKey: ['explain', method, url],
    queryFn: () => postChange<Explanation>('/explain', { method, url }),
  })

/** Adds the slice that has ended to every hour that is known; a service that is not in it had no requests. */
export function addSlices(client: QueryClient, { at, services }: NewestSlices): void {
  if (at === null) return
  for (const [key, known] of client.getQueriesData<readonly HourSlice[]>({ queryKey: ['hour'] })) {
    if (known === undefined) continue
    const last = known.at(-1)?.at
    if (last !== undefined && last >= at) continue
    const own = services.find((one) => one.environment === key[1] && one.service === key[2])
    if (own === undefined && known.length === 0) continue
    const { requests, bad, p50, p90, p99 } = own ?? { requests: 0, bad: 0, p50: null, p90: null, p99: null }
    client.setQueryData(key, [...known, { at, requests, bad, p50, p90, p99 }].slice(-keptSlices))
  }
}
