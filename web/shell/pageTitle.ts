import { useEffect } from 'react'

/** The title of the browser's tab: the state first, the product always. */
export function usePageTitle(state?: string): void {
  useEffect(() => {
    document.title = state === undefined ? 'Cofferdam' : `${state} · Cofferdam`
    return () => {
      document.title = 'Cofferdam'
    }
  }, [state])
}
