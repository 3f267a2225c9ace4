import { useLayoutEffect, useRef } from 'react'

/** Close enough to the end to go on with what comes. */
const nearPx = 24

/** Log lines as they were written; follows what comes only while it is scrolled to the end. */
export function LogView({ lines, label }: { readonly lines: readonly string[]; readonly label: string }) {
  const place = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  useLayoutEffect(() => {
    const element = place.current
    if (element && isAtEnd.current) element.scrollTop = element.scrollHeight
  }, [lines])
  return (
    <div
      className="log log-box"
      role="region"
      aria-label={label}
      tabIndex={0}
      ref={place}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < nearPx
      }}
    >
      {lines.length === 0 ? (
        <p className="t">It has written nothing yet.</p>
      ) : (
        lines.map((line, index) => (
          <p key={index} className={/\berror\b/i.test(line) ? 'e' : ''}>
            {line}
          </p>
        ))
      )}
    </div>
  )
}
