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

const routeTree = rootRoute.addChildren([boardRoute, promotionRoute])

export const router = createRouter({ routeTree, defaultPreload: false, scrollRestoration: true })

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
