import { type ReactNode, useEffect, useId, useRef } from 'react'

/**
 * A dialog over the page. The browser's own element keeps the focus inside, closes at Escape and gives the focus back
 * to where it was.
 */
export function DialogFrame(props: {
  readonly title: string
  readonly className?: string
  readonly onClose: () => void
  readonly children: ReactNode
}) {
  const { title, className = 'dialog', onClose, children } = props
  const id = useId()
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = element.current
    if (dialog && !dialog.open) {
      dialog.showModal()
      dialog.querySelector<HTMLElement>('[data-first]')?.focus()
    }
    return () => dialog?.close()
  }, [])
  return (
    <dialog
      ref={element}
      className={className}
      aria-labelledby={id}
      onClose={onClose}
      onPointerDown={(event) => {
        // Beside the dialog is its backdrop, which is the element itself.
        if (event.target === element.current) onClose()
      }}
    >
      <div className="dialog-body">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}
