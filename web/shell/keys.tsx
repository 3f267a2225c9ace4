import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useNeeds } from '../live/needs.ts'
import { useValue } from '../live/valueStore.ts'
import { KeyList } from './keyList.tsx'
import { actOnPage } from './pageKeys.ts'
import { places } from './places.ts'
import { letters, times } from './preferences.ts'

/** After `g` the next letter names a place, if it comes soon. */
const secondKeyMs = 1_500

/** Letters work outside of fields and dialogs only, and can be switched off; `?` lists them. */
export function Keys({ onFind }: { readonly onFind: () => void }) {
  const navigate = useNavigate()
  const needs = useNeeds()
  const areOn = useValue(letters.store) === 'on'
  const [isListed, setListed] = useState(false)
  useEffect(() => {
    let wentAt = Number.NEGATIVE_INFINITY
    const onLetter = (event: KeyboardEvent): boolean => {
      const isSecond = event.timeStamp - wentAt < secondKeyMs
      wentAt = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY
      const place = isSecond ? places.find(({ letter }) => letter === event.key) : undefined
      const need = /^[1-9]$/.test(event.key) ? needs[Number(event.key) - 1] : undefined
      if (place !== undefined) void navigate({ to: place.to })
      else if (need !== undefined) void navigate({ to: '/promotions/$id', params: { id: need.promotion } })
      else if (event.key === '?') setListed(true)
      else if (event.key === 't') times.turn()
      else return actOnPage(event.key, onFind)
      return true
    }
    const onKey = (event: KeyboardEvent): void => {
      const isModified = event.metaKey || event.ctrlKey || event.altKey
      if (event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey)) onFind()
      else if (isModified || event.defaultPrevented || isTyping(event.target)) return
      else if (event.key.length === 1 && !areOn) return
      else if (!onLetter(event)) return
      event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [navigate, onFind, needs, areOn])
  return isListed ? <KeyList onClose={() => setListed(false)} /> : null
}

/** A key is meant for a field, or for a dialog that lies over the page, wherever the focus is. */
function isTyping(target: EventTarget | null): boolean {
  if (document.querySelector('dialog[open]') !== null) return true
  return target instanceof HTMLElement && target.closest('input, textarea, select') !== null
}
