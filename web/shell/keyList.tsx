import { useValue } from '../live/valueStore.ts'
import { DialogFrame } from '../parts/dialogFrame.tsx'
import { places } from './places.ts'
import { letters } from './preferences.ts'

const keys: readonly (readonly [string, string])[] = [
  ['Ctrl K', 'find or run'],
  ...places.map(({ letter, name }) => [`g ${letter}`, `to ${name}`] as const),
  ['j k', 'next and previous row'],
  ['Enter', 'open the row'],
  ['.', 'to the actions of the page'],
  ['/', 'to the filter, else find'],
  ['y', 'copy as CLI: the row, else the page'],
  ['t', 'clock times instead of ages, and back'],
  ['1 … 9', 'the things for you'],
  ['Esc', 'close, then up'],
  ['?', 'this list'],
]

/** What the keys do; here the letters can be switched off. */
export function KeyList({ onClose }: { readonly onClose: () => void }) {
  const areOn = useValue(letters.store) === 'on'
  return (
    <DialogFrame title="Keys" onClose={onClose}>
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
      <label className="check">
        <input type="checkbox" checked={areOn} onChange={() => letters.turn()} /> Single letters do something outside of
        fields
      </label>
      <div className="foot">
        <button type="button" className="btn" onClick={onClose}>
          Close
        </button>
      </div>
    </DialogFrame>
  )
}
