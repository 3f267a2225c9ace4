import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { Board } from './screens/board/board.tsx'
import { Shell } from './shell/shell.tsx'
import { Nowhere } from './shell/nowhere.tsx'

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: Nowhere })

/** What the board shows: everything, or only what moves or is held. */
interface BoardSearch {
  readonly show?: 'moving'
  readonly owner?: string
}

const boardRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: (search): BoardSearch => ({
    ...(search['show'] === 'moving' ? { show: 'moving' } : {}),
    ...(typeof search['owner'] === 'string' ? { owner: search['owner'] } : {}),
  }),
  component: Board,
})

const promotionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/promotions/$id',
  component: lazyRouteComponent(() => import('./screens/promotion/promotionPage.tsx'), 'PromotionPage'),
})

/** What the list of events is narrowed to; all of it in the address, so that it can be linked. */
export interface ActivitySearch {
  readonly service?: string
  readonly kind?: string
  readonly who?: 'people' | 'engine'
  /** The event that a link leads to. */
  readonly event?: number
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined

const activityRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/activity',
  validateSearch: (search): ActivitySearch => {
    const [service, kind] = [text(search['service']), text(search['kind'])]
    const event = Number(search['event'])
    const who = search['who'] === 'people' || search['who'] === 'engine' ? search['who'] : undefined
    return {
      ...(service === undefined ? {} : { service }),
      ...(kind === undefined ? {} : { kind }),
      ...(who === undefined ? {} : { who }),
      ...(Number.isSafeInteger(event) && event > 0 ? { event } : {}),
    }
  },
  component: lazyRouteComponent(() => import('./screens/activity/activityPage.tsx'), 'ActivityPage'),
})

/** Whose metrics are shown. */
interface ServiceSearch {
  readonly environment?: string
}

const serviceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/services/$name',
  validateSearch: (search): ServiceSearch => {
    const environment = text(search['environment'])
    return environment === undefined ? {} : { environment }
  },
  component: lazyRouteComponent(() => import('./screens/service/servicePage.tsx'), 'ServicePage'),
})

const environmentsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/environments',
  component: lazyRouteComponent(() => import('./screens/environments/environmentsPage.tsx'), 'EnvironmentsPage'),
})

/** Which requests are listed, whether the list goes on, and the one that is looked at. */
export interface EnvironmentSearch {
  readonly service?: string
  readonly show?: 'failed'
  readonly follow?: 'off'
  readonly req?: string
}

const environmentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/environments/$name',
  validateSearch: (search): EnvironmentSearch => {
    const [service, req] = [text(search['service']), text(search['req'])]
    return {
      ...(service === undefined ? {} : { service }),
      ...(search['show'] === 'failed' ? { show: 'failed' } : {}),
      ...(search['follow'] === 'off' ? { follow: 'off' } : {}),
      ...(req === undefined ? {} : { req }),
    }
  },
  component: lazyRouteComponent(() => import('./screens/environment/environmentPage.tsx'), 'EnvironmentPage'),
})

const routeTree = rootRoute.addChildren([
  boardRoute,
  promotionRoute,
  activityRoute,
  serviceRoute,
  environmentsRoute,
  environmentRoute,
])

export const router = createRouter({ routeTree, defaultPreload: false, scrollRestoration: true })

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
