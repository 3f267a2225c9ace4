import { Link, Outlet } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useState } from 'react'
import { announcement } from '../live/announce.ts'
import { connection } from '../live/connection.ts'
import { useValue } from '../live/valueStore.ts'
import { Banner } from './banner.tsx'
import { Keys } from './keys.tsx'
import { places } from './places.ts'
import { TopBar } from './topBar.tsx'

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }))

/** Everything around a page. */
export function Shell() {
  const [isFinding, setFinding] = useState(false)
  const { phase } = useValue(connection)
  const find = useCallback(() => setFinding(true), [])
  return (
    <div className={phase === 'lost' ? 'shell is-stale' : 'shell'}>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <TopBar onFind={find} />
      <Banner />
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
      <Tabs />
      <LiveRegion />
      <Keys onFind={find} />
      {isFinding && (
        <Suspense fallback={null}>
          <Palette onClose={() => setFinding(false)} />
        </Suspense>
      )}
    </div>
  )
}

function Tabs() {
  return (
    <nav className="tabs" aria-label="Main, at the bottom">
      {places.map(({ to, name, icon: Icon }) => (
        <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }}>
          <Icon className="i" aria-hidden="true" />
          {name}
        </Link>
      ))}
    </nav>
  )
}

function LiveRegion() {
  return (
    <p className="vh" role="status">
      {useValue(announcement)}
    </p>
  )
}
