import { Link } from '@tanstack/react-router'
import { type Role, RoleMark } from './roleMark.tsx'

/** A build with the mark of its role; links to the promotion that brought it where that is known. */
export function BuildName(props: { readonly role: Role; readonly name: string; readonly promotion?: string }) {
  const { role, name, promotion } = props
  return (
    <span className="build">
      <RoleMark role={role} />
      {promotion === undefined ? (
        <code title={name}>{name}</code>
      ) : (
        <Link to="/promotions/$id" params={{ id: promotion }} className="build-link">
          <code title={name}>{name}</code>
        </Link>
      )}
    </span>
  )
}
