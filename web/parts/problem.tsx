import { OctagonX } from 'lucide-react'
import { ApiError } from '../live/request.ts'

/** What could not be shown, and what helps. Only this part of the page fails. */
export function Problem({ error, what }: { readonly error: unknown; readonly what: string }) {
  const problem = error instanceof ApiError ? error.problem : undefined
  const text = error instanceof Error ? error.message : String(error)
  return (
    <div className="problem" role="alert">
      <OctagonX className="i" aria-hidden="true" />
      <div>
        <p className="strong">{what} cannot be shown.</p>
        <p className="soft">
          {text}. {problem?.help}
        </p>
        {problem !== undefined && (
          <p>
            <code className="id">{problem.code}</code>
          </p>
        )}
      </div>
    </div>
  )
}
