import { getRouteApi } from '@tanstack/react-router'
import { kindGroups, type Narrowing } from './narrowEvents.ts'

const route = getRouteApi('/activity')

/** Narrows the list; what is chosen stands in the address. */
export function EventFilters({ services }: { readonly services: readonly string[] }) {
  const { service = '', kind = '', who = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const set = (name: keyof Narrowing, value: string): void => {
    void navigate({
      search: (old) => ({ ...old, [name]: value === '' ? undefined : value }),
      replace: true,
      resetScroll: false,
    })
  }
  return (
    <form className="filters" aria-label="Filter" onSubmit={(event) => event.preventDefault()}>
      <Choice
        name="Service"
        value={service}
        values={services}
        all="all services"
        onPick={(value) => set('service', value)}
      />
      <Choice
        name="What"
        value={kind}
        values={Object.keys(kindGroups)}
        all="everything"
        onPick={(value) => set('kind', value)}
      />
      <Choice
        name="Who"
        value={who}
        values={['people', 'engine']}
        all="everybody"
        onPick={(value) => set('who', value)}
      />
    </form>
  )
}

function Choice(props: {
  readonly name: string
  readonly value: string
  readonly values: readonly string[]
  readonly all: string
  readonly onPick: (value: string) => void
}) {
  const { name, value, values, all, onPick } = props
  return (
    <label>
      {name}
      <select className="field" value={value} onChange={(event) => onPick(event.target.value)}>
        <option value="">{all}</option>
        {values.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  )
}
