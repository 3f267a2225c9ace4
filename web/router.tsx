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
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined

const activityRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/activity',
  validateSearch: (search): ActivitySearch => {
    const [service, kind] = [text(search['service']), text(search['kind'])]
    const who = search['who'] === 'people' || search['who'] === 'engine' ? search['who'] : undefined
    return {
      ...(service === undefined ? {} : { service }),
      ...(kind === undefined ? {} : { kind }),
      ...(who === undefined ? {} : { who }),
    }
  },
  component: lazyRouteComponent(() => import('./screens/activity/activityPage.tsx'), 'ActivityPage'),
})

const routeTree = rootRoute.addChildren([boardRoute, promotionRoute, activityRoute])

export const router = createRouter({ routeTree, defaultPreload: false, scrollRestoration: true })

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
