import { createValueStore } from '../live/valueStore.ts'

export type Theme = 'system' | 'light' | 'dark'

const storageKey = 'cofferdam.theme'

/** What is drawn: charts read their colours again when it changes. */
export const theme = createValueStore<Theme>(stored())

/** System, light, dark, and round again. */
export function switchTheme(): void {
  const next = ({ system: 'light', light: 'dark', dark: 'system' } as const)[theme.get()]
  if (next === 'system') {
    localStorage.removeItem(storageKey)
    delete document.documentElement.dataset['theme']
  } else {
    localStorage.setItem(storageKey, next)
    document.documentElement.dataset['theme'] = next
  }
  theme.set(next)
}

function stored(): Theme {
  const value = document.documentElement.dataset['theme']
  return value === 'light' || value === 'dark' ? value : 'system'
}
