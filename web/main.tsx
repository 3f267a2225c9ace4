import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/banner.css'
import './styles/page.css'
import './styles/controls.css'
import './styles/states.css'
import './styles/lists.css'
import './styles/rows.css'
import './styles/shares.css'
import './styles/hosts.css'
import './styles/logs.css'
import './styles/verdict.css'
import './styles/rail.css'
import './styles/evidence.css'
import './styles/charts.css'
import './styles/board.css'
import './styles/requests.css'
import './styles/catalog.css'
import './styles/activity.css'
import './styles/palette.css'
import './styles/dialog.css'
import './styles/preferences.css'
import { feedCache } from './live/feedCache.ts'
import { aboutQuery, promotionsQuery, queryClient, statusQuery, trafficQuery } from './live/queries.ts'
import { takeLoginFromAddress } from './live/session.ts'
import { openStream } from './live/stream.ts'
import { router } from './router.tsx'

void takeLoginFromAddress()
// Asked for before anything is drawn: the first screen needs them whichever it is.
void queryClient.prefetchQuery(statusQuery)
void queryClient.prefetchQuery(promotionsQuery)
void queryClient.prefetchQuery(trafficQuery)
void queryClient.prefetchQuery(aboutQuery)
openStream(feedCache(queryClient))

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
}
