import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/parts.css'
import './styles/board.css'
import './styles/promotion.css'
import './styles/catalog.css'
import './styles/activity.css'
import './styles/dialog.css'
import './styles/narrow.css'
import { feedCache } from './live/feedCache.ts'
import { promotionsQuery, queryClient, statusQuery, trafficQuery } from './live/queries.ts'
import { takeLoginFromAddress } from './live/session.ts'
import { openStream } from './live/stream.ts'
import { router } from './router.tsx'

void takeLoginFromAddress()
// Asked for before anything is drawn: the first screen needs them whichever it is.
void queryClient.prefetchQuery(statusQuery)
void queryClient.prefetchQuery(promotionsQuery)
void queryClient.prefetchQuery(trafficQuery)
openStream(feedCache(queryClient))

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
}
