import { Link } from '@tanstack/react-router'

/** An address that leads nowhere. */
export function Nowhere() {
  return (
    <div className="head">
      <div>
        <h1>There is nothing at this address.</h1>
        <p className="lede">
          <code>{location.pathname}</code> is no page of Cofferdam. <Link to="/">To the board</Link>
        </p>
      </div>
    </div>
  )
}
