import { announcement } from '../live/announce.ts'
import { commandOptions, withOptions } from '../live/commandOptions.ts'
import { copyText } from '../parts/commandLine.tsx'

/** What a letter does on the page as it is now. @returns whether it did something */
export function actOnPage(key: string, onFind: () => void): boolean {
  if (key === 'j') return moveRow(1)
  if (key === 'k') return moveRow(-1)
  if (key === 'Enter') return openRow()
  if (key === 'Escape') return goUp()
  if (key === 'y') return copyCommand()
  if (key === '.') return focusFirst('main .acts .btn')
  if (key === '/') {
    if (!focusFirst('main .filters :is(select, input), main .pick')) onFind()
    return true
  }
  return false
}

function rows(): readonly HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('main [data-row]')]
}

function moveRow(by: 1 | -1): boolean {
  const all = rows()
  const at = all.findIndex((row) => row.contains(document.activeElement))
  const next = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
  return next !== undefined
}

/** Opens the row that has the focus itself; what is inside of it has its own Enter. */
function openRow(): boolean {
  const row = document.activeElement
  if (!(row instanceof HTMLElement) || row.dataset['row'] === undefined || row.matches('a, button')) return false
  const whole = row.closest('[role="row"]') ?? row
  const target = whole.querySelector<HTMLElement>('.p-link') ?? whole.querySelector<HTMLElement>('a, button')
  target?.click()
  return target !== null
}

/** From a page to the one above it, as its breadcrumb says. */
function goUp(): boolean {
  const up = document.querySelector<HTMLElement>('main .crumb a')
  up?.click()
  return up !== null
}

/** The command of the row that has the focus, else that of the page. */
function copyCommand(): boolean {
  const place =
    document.activeElement?.closest<HTMLElement>('[data-command]') ??
    document.querySelector<HTMLElement>('main [data-command]')
  const bare = place?.dataset['command']
  if (bare === undefined) return false
  const command = withOptions(bare, commandOptions.get())
  void copyText(command).then(() => announcement.set(`Copied: ${command}`))
  return true
}

function focusFirst(selector: string): boolean {
  const first = document.querySelector<HTMLElement>(selector)
  first?.focus()
  return first !== null
}
