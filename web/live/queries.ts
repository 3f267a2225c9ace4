import { QueryClient, queryOptions } from '@tanstack/react-query'
import type {
  AboutDocument,
  DiffDocument,
  BuildDocument,
  EventDocument,
  HeldPromotion,
  Plan,
  Promotion,
  ServiceDocument,
  Slice,
  Status,
  TrafficNow,
} from '../../src/http/contract/documents.ts'
import { quote } from '../format/quote.ts'
import { commandOptions } from './commandOptions.ts'
import { ApiError, getDocument } from './request.ts'

/** Documents do not age: the event stream says when one has to be fetched again. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      // An answer that says no says it again; only silence is worth another try.
      retry: (failures, error) => failures < 3 && error instanceof ApiError && error.status === 0,
      retryDelay: (failures) => Math.min(500 * 2 ** failures, 5_000),
    },
  },
})

/** What answers here. Commands are shown everywhere: what they need is noted as soon as it is known. */
export const aboutQuery = queryOptions({
  queryKey: ['about'],
  queryFn: async ({ signal }) => {
    const about = await getDocument<AboutDocument>('/about', signal)
    commandOptions.set(about.options.map(quote).join(' '))
    return about
  },
})

// Each new event moves every other one by a place: comparing place by place would make all of them anew.
queryClient.setQueryDefaults(['events'], { structuralSharing: false })

export const statusQuery = queryOptions({
  queryKey: ['status'],
  queryFn: ({ signal }) => getDocument<Status>('/status', signal),
})

/** The newest 100 promotions, newest first. */
export const promotionsQuery = queryOptions({
  queryKey: ['promotions'],
  queryFn: async ({ signal }) =>
    (await getDocument<{ promotions: readonly Promotion[] }>('/promotions?limit=100', signal)).promotions,
})

export const promotionQuery = (id: string) =>
  queryOptions({
    queryKey: ['promotion', id],
    queryFn: ({ signal }) => getDocument<Promotion>(`/promotions/${encodeURIComponent(id)}`, signal),
  })

export const holdsQuery = queryOptions({
  queryKey: ['holds'],
  queryFn: async ({ signal }) => (await getDocument<{ holds: readonly HeldPromotion[] }>('/holds', signal)).holds,
})

export const trafficQuery = queryOptions({
  queryKey: ['traffic'],
  queryFn: ({ signal }) => getDocument<TrafficNow>('/traffic', signal),
})

/** Filled by the event stream: the newest events, newest first. */
export const eventsQuery = queryOptions({
  queryKey: ['events'],
  queryFn: async (): Promise<readonly EventDocument[]> => [],
  enabled: false,
})

export const serviceQuery = (name: string) =>
  queryOptions({
    queryKey: ['service', name],
    queryFn: ({ signal }) => getDocument<ServiceDocument>(`/services/${encodeURIComponent(name)}`, signal),
  })

export const buildsQuery = (service: string) =>
  queryOptions({
    queryKey: ['builds', service],
    queryFn: async ({ signal }) =>
      (
        await getDocument<{ builds: readonly BuildDocument[] }>(
          `/builds?service=${encodeURIComponent(service)}`,
          signal,
        )
      ).builds,
  })

/** The builds of every service, oldest first. */
export const allBuildsQuery = queryOptions({
  queryKey: ['builds'],
  queryFn: async ({ signal }) =>
    (await getDocument<{ builds: readonly BuildDocument[] }>('/builds', signal)).builds.toReversed(),
})

export const planQuery = (service: string, build: string) =>
  queryOptions({
    queryKey: ['plan', service, build],
    queryFn: ({ signal }) =>
      getDocument<Plan>(`/services/${encodeURIComponent(service)}/plan?build=${encodeURIComponent(build)}`, signal),
  })

/** What the arms of a promotion answered, in slices; grows by what is newer than its last cell. */
export const seriesQuery = (id: string) =>
  queryOptions({
    queryKey: ['series', id],
    queryFn: async ({ signal, client }): Promise<readonly Slice[]> => {
      const known = client.getQueryData<readonly Slice[]>(['series', id]) ?? []
      const after = known.at(-1)?.n
      const { series } = await getDocument<{ series: readonly Slice[] }>(
        `/promotions/${encodeURIComponent(id)}/series?slice=5${after === undefined ? '' : `&after=${after}`}`,
        signal,
      )
      return [...known, ...series]
    },
  })

/** What happened to one promotion, oldest first. */
export const timelineQuery = (id: string) =>
  queryOptions({
    queryKey: ['timeline', id],
    queryFn: async ({ signal }) =>
      (await getDocument<{ events: readonly EventDocument[] }>(`/events?promotion=${encodeURIComponent(id)}`, signal))
        .events,
  })

/** One request as the gateway saw it; the route stands for its path. */
export interface SeenRequest {
  readonly id: string
  readonly at: string
  readonly method: string
  readonly route: string
  readonly status: number
  readonly ms: number
  readonly caller: string | null
  readonly layer: string | null
  readonly host: string | null
  readonly refused: string | null
}

/** Failed and sampled requests of a promotion's service, newest first. */
export const requestsQuery = (id: string) =>
  queryOptions({
    queryKey: ['requests', id],
    queryFn: async ({ signal }) =>
      (
        await getDocument<{ requests: readonly SeenRequest[] }>(
          `/promotions/${encodeURIComponent(id)}/requests`,
          signal,
        )
      ).requests,
  })

/** The files in which two builds differ. */
export const diffQuery = (service: string, a: string, b: string) =>
  queryOptions({
    queryKey: ['diff', service, a, b],
    // Two services may have builds of the same bytes.
    queryFn: ({ signal }) =>
      getDocument<DiffDocument>(`/builds/${a}/diff/${b}?service=${encodeURIComponent(service)}`, signal),
  })

/** What the instances wrote that a promotion started, also after its end. */
export const promotionLogsQuery = (service: string, promotion: string) =>
  queryOptions({
    queryKey: ['logs', service, promotion],
    queryFn: async ({ signal }) => {
      const where = new URLSearchParams({ service, promotion, lines: '200' })
      return (await getDocument<{ lines: readonly string[] }>(`/logs?${where}`, signal)).lines
    },
  })

/** The last lines that instances of a service wrote. */
export const logsQuery = (service: string, environment: string, host: string) =>
  queryOptions({
    queryKey: ['logs', service, environment, host],
    queryFn: async ({ signal }) => {
      const where = new URLSearchParams({ service, environment, host, lines: '200' })
      return (await getDocument<{ lines: readonly string[] }>(`/logs?${where}`, signal)).lines
    },
  })
