import { Link } from '@tanstack/react-router'
import { ApiError } from '../live/request.ts'
import { Problem } from './problem.tsx'

/** A page whose thing is not there, or cannot be fetched now: says which, and what there is. */
export function Unknown({ error, what }: { readonly error: unknown; readonly what: string }) {
  const isGone = error instanceof ApiError && error.status === 404
  return (
    <>
      <div className="head">
        <div>
          <h1>{isGone ? `${what} is not known here.` : `${what} could not be fetched.`}</h1>
          <p className="lede">
            <Link to="/">To the board</Link>
          </p>
        </div>
      </div>
      <Problem error={error} what={what} />
    </>
  )
}
