import { Link } from '@tanstack/react-router'
import { Contrast, type LucideIcon, Rows3, Search } from 'lucide-react'
import { useNeeds } from '../live/needs.ts'
import { connection } from '../live/connection.ts'
import { useValue } from '../live/valueStore.ts'
import { places } from './places.ts'
import { Mark } from './mark.tsx'
import { density, type Preference, theme } from './preferences.ts'

/** The bar: places, what waits for a person, find, the connection, the theme. */
export function TopBar({ onFind }: { readonly onFind: () => void }) {
  const needs = useNeeds()
  return (
    <header className="top">
      <Link className="brand" to="/" aria-label="Cofferdam, to the board">
        <Mark />
        <span>Cofferdam</span>
      </Link>
      <nav className="nav" aria-label="Main">
        {places.map(({ to, name }) => (
          <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }}>
            {name}
          </Link>
        ))}
      </nav>
      <div className="top-end">
        {needs.length > 0 && (
          <Link className="yours" to="/" hash="yours">
            {needs.length} for you
          </Link>
        )}
        <button className="find" type="button" onClick={onFind} aria-keyshortcuts="Control+K Meta+K">
          <Search className="i i-s" aria-hidden="true" />
          <span>Find or run</span>
          <kbd>Ctrl K</kbd>
        </button>
        <ConnectionMark />
        <PreferenceButton preference={density} name="Density" icon={Rows3} />
        <PreferenceButton preference={theme} name="Theme" icon={Contrast} />
      </div>
    </header>
  )
}

function ConnectionMark() {
  const { phase } = useValue(connection)
  const words = { opening: 'connecting', live: 'live', lost: 'no connection' }[phase]
  return (
    <span className={`live is-${phase}`}>
      <i />
      <span>{words}</span>
    </span>
  )
}

function PreferenceButton<T extends string>(props: {
  readonly preference: Preference<T>
  readonly name: string
  readonly icon: LucideIcon
}) {
  const { preference, name, icon: Icon } = props
  const value = useValue(preference.store)
  return (
    <button
      className="icon-btn theme"
      type="button"
      aria-label={`${name}: ${value}. Change`}
      title={`${name}: ${value}`}
      onClick={preference.turn}
    >
      <Icon className="i i-s" aria-hidden="true" />
    </button>
  )
}
