import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Rocket, Search } from 'lucide-react'
import { type KeyboardEvent, useId, useState } from 'react'
import { ActionDialog } from '../actions/actionDialog.tsx'
import { DeployDialog } from '../actions/deployDialog.tsx'
import type { Promotion } from '../../src/http/contract/documents.ts'
import type { ActionName } from '../actions/actions.ts'
import { useCommands } from '../live/commandOptions.ts'
import { promotionsQuery, statusQuery } from '../live/queries.ts'
import { useOffReason } from '../parts/actionButton.tsx'
import { copyText } from '../parts/commandLine.tsx'
import { DialogFrame } from '../parts/dialogFrame.tsx'
import { findEntries, type PaletteEntry } from './paletteEntries.ts'

type Opened =
  | { readonly kind: 'action'; readonly name: ActionName; readonly promotion: Promotion }
  | { readonly kind: 'deploy'; readonly service: string }

/** Find or run: pages and actions by name; Ctrl C copies the command of what is chosen. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const listId = useId()
  const navigate = useNavigate()
  const { data: status } = useQuery(statusQuery)
  const { data: promotions = [] } = useQuery(promotionsQuery)
  const off = useOffReason()
  const toCommand = useCommands()
  const [words, setWords] = useState('')
  const [at, setAt] = useState(0)
  const [opened, setOpened] = useState<Opened>()
  const entries = findEntries({
    words,
    promotions,
    ...(status ? { status } : {}),
    ...(off === undefined ? {} : { off }),
  })
  const chosen = Math.min(at, entries.length - 1)
  const groups = [...Map.groupBy(entries, ({ group }) => group)]

  if (opened?.kind === 'deploy') return <DeployDialog service={opened.service} onClose={onClose} />
  if (opened?.kind === 'action')
    return <ActionDialog name={opened.name} promotion={opened.promotion} onClose={onClose} />

  const open = (entry: PaletteEntry | undefined): void => {
    if (entry === undefined || entry.off !== undefined) return
    const { target } = entry
    if (target.kind === 'action' || target.kind === 'deploy') return setOpened(target)
    onClose()
    if (target.kind === 'preference') target.choose()
    else void navigate({ to: target.to })
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    const entry = entries[chosen]
    if (event.key === 'ArrowDown') setAt(Math.min(chosen + 1, entries.length - 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(chosen - 1, 0))
    else if (event.key === 'Enter') open(entry)
    else if (event.key === 'c' && (event.ctrlKey || event.metaKey) && entry?.command !== undefined)
      void copyText(toCommand(entry.command))
    else return
    event.preventDefault()
  }

  return (
    <DialogFrame title="Find or run" className="palette" onClose={onClose}>
      <div className="q">
        <Search className="i" aria-hidden="true" />
        <input
          role="combobox"
          aria-label="Find or run"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={entries.length > 0 ? `${listId}-${chosen}` : undefined}
          autoComplete="off"
          data-first=""
          value={words}
          onChange={(event) => {
            setWords(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
        />
        <kbd>Esc</kbd>
      </div>
      <div className="pal-list" id={listId} role="listbox" aria-label="Results">
        {groups.map(([group, own]) => (
          <div role="group" aria-label={group} key={group}>
            <div className="grp" aria-hidden="true">
              {group}
            </div>
            {own.map((entry) => {
              const index = entries.indexOf(entry)
              return (
                <Entry
                  key={entry.key}
                  id={`${listId}-${index}`}
                  entry={entry}
                  isChosen={index === chosen}
                  onPick={() => open(entry)}
                />
              )
            })}
          </div>
        ))}
        {entries.length === 0 && <p className="grp">Nothing here is called that.</p>}
      </div>
      <footer aria-hidden="true">
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> choose
        </span>
        <span>
          <kbd>Enter</kbd> open
        </span>
        <span>
          <kbd>Ctrl</kbd> <kbd>C</kbd> copy as CLI
        </span>
        <span>
          <kbd>&gt;</kbd> commands only
        </span>
      </footer>
    </DialogFrame>
  )
}

function Entry(props: {
  readonly id: string
  readonly entry: PaletteEntry
  readonly isChosen: boolean
  readonly onPick: () => void
}) {
  const { id, entry, isChosen, onPick } = props
  const Icon = entry.group === 'Run' ? Rocket : Search
  return (
    <div
      id={id}
      className="opt"
      role="option"
      aria-selected={isChosen}
      aria-disabled={entry.off !== undefined}
      ref={(element) => {
        if (isChosen) element?.scrollIntoView({ block: 'nearest' })
      }}
      onClick={onPick}
    >
      <Icon className="i i-s" aria-hidden="true" />
      <span>
        {entry.title}
        {entry.off !== undefined && <small>{entry.off}</small>}
      </span>
      <code>{entry.command?.replace('./cofferdam ', '')}</code>
    </div>
  )
}
