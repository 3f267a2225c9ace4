import { createValueStore, type ValueStore } from '../live/valueStore.ts'

/** Something that a person chose for this browser. */
export interface Preference<T extends string> {
  readonly name: string
  readonly store: ValueStore<T>
  /** The next value, and after the last one the first. */
  readonly turn: () => void
  /** Everything else that can be chosen. */
  readonly others: () => readonly { readonly value: T; readonly choose: () => void }[]
}

/** @param values the first one holds until another is chosen */
function createPreference<T extends string>(name: string, values: readonly [T, ...T[]]): Preference<T> {
  const key = `cofferdam.${name}`
  const [standard] = values
  const kept = read(key)
  const store = createValueStore<T>(values.find((value) => value === kept) ?? standard)
  const set = (value: T): void => {
    keep(key, value === standard ? undefined : value)
    // Style sheets read it; `theme.js` has put it there before the first paint.
    if (value === standard) delete document.documentElement.dataset[name]
    else document.documentElement.dataset[name] = value
    store.set(value)
  }
  const turn = (): void => set(values[(values.indexOf(store.get()) + 1) % values.length] ?? standard)
  const others = () =>
    values.filter((value) => value !== store.get()).map((value) => ({ value, choose: () => set(value) }))
  return { name, store, turn, others }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function keep(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // Storage is switched off: it holds until the page is left.
  }
}

export const theme = createPreference('theme', ['system', 'light', 'dark'])
export const density = createPreference('density', ['roomy', 'compact'])
/** `t`: ages as clock times. */
export const times = createPreference('times', ['ages', 'clock'])
/** Whether single letters do something: who speaks to the machine may not want that. */
export const letters = createPreference('letters', ['on', 'off'])
