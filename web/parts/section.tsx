import { type ReactNode, useId } from 'react'

/** A part of a page: heading, a note, links at its end. */
export function Section(props: {
  readonly title: string
  readonly note?: ReactNode
  readonly end?: ReactNode
  readonly children: ReactNode
}) {
  const id = useId()
  return (
    <section aria-labelledby={id}>
      <div className="sec">
        <h2 id={id}>{props.title}</h2>
        {props.note !== undefined && <p>{props.note}</p>}
        {props.end !== undefined && <span className="end">{props.end}</span>}
      </div>
      {props.children}
    </section>
  )
}
