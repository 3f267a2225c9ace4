import { type ReactNode, useId, useState } from 'react'
import { CommandLine } from './commandLine.tsx'
import { DialogFrame } from './dialogFrame.tsx'

const leastReason = 10

/** Says in numbers what an action will do, asks for a reason and does it. Its title is the name of its button. */
export function ReasonDialog(props: {
  readonly name: string
  readonly question: string
  readonly children: ReactNode
  /** A reason must be given; else it may be. */
  readonly needsReason: boolean
  readonly isHarsh?: boolean
  readonly wayOut: string
  readonly command: (reason: string) => string
  readonly act: (reason: string) => Promise<unknown>
  readonly onClose: () => void
}) {
  const { name, question, children, needsReason, isHarsh = false, wayOut, command, act, onClose } = props
  const id = useId()
  const [reason, setReason] = useState('')
  const [isAsking, setAsking] = useState(false)
  const [failure, setFailure] = useState('')
  const isShort = needsReason && reason.trim().length < leastReason

  const send = async (): Promise<void> => {
    if (isShort) return setFailure(`A reason has at least ${leastReason} characters: those who read it later need it.`)
    setAsking(true)
    setFailure('')
    try {
      await act(reason.trim())
      onClose()
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
      setAsking(false)
    }
  }

  return (
    <DialogFrame title={name} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!isAsking) void send()
        }}
      >
        <p className="ask">{question}</p>
        {children}
        <label htmlFor={id}>
          Reason{needsReason ? '' : ' (may be left out)'}
          <textarea
            id={id}
            className="field"
            rows={2}
            maxLength={2_000}
            value={reason}
            data-first={needsReason ? '' : undefined}
            aria-invalid={failure !== '' && isShort}
            aria-describedby={`${id}-failure`}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        <p className="field-err" id={`${id}-failure`} role="alert">
          {failure}
        </p>
        <div className="foot">
          <button
            type="submit"
            className={isHarsh ? 'btn btn-stop' : 'btn btn-go'}
            data-first={needsReason ? undefined : ''}
            aria-disabled={isAsking}
          >
            {isAsking ? 'Asked …' : name}
          </button>
          <button type="button" className="btn" onClick={onClose}>
            {wayOut}
          </button>
        </div>
        <CommandLine command={command(reason.trim())} />
      </form>
    </DialogFrame>
  )
}
