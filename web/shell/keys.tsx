import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { DialogFrame } from '../parts/dialogFrame.tsx'

const keys = [
  ['Ctrl K', 'find or run'],
  ['g b', 'to the board'],
  ['g e', 'to the environments'],
  ['g a', 'to the activity'],
  ['?', 'this list'],
  ['Esc', 'close'],
] as const

/** After `g` the next letter names a place, if it comes soon. */
const secondKeyMs = 1_500

/** Letters work outside of fields and dialogs only; `?` lists them. */
export function Keys({ onFind }: { readonly onFind: () => void }) {
  const navigate = useNavigate()
  const [isListed, setListed] = useState(false)
  useEffect(() => {
    let wentAt = Number.NEGATIVE_INFINITY
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey)) {
        event.preventDefault()
        onFind()
        return
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return
      const isSecond = event.timeStamp - wentAt < secondKeyMs
      wentAt = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY
      if (event.key === '?') setListed(true)
      else if (isSecond && event.key === 'b') void navigate({ to: '/' })
      else if (isSecond && event.key === 'e') void navigate({ to: '/environments' })
      else if (isSecond && event.key === 'a') void navigate({ to: '/activity' })
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [navigate, onFind])
  if (!isListed) return null
  return (
    <DialogFrame title="Keys" onClose={() => setListed(false)}>
      <dl className="kv keys">
        {keys.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </DialogFrame>
  )
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null
}
