import { type Role, RoleMark } from './roleMark.tsx'

/** A build with the mark of its role. */
export function BuildName({ role, name }: { readonly role: Role; readonly name: string }) {
  return (
    <span className="build">
      <RoleMark role={role} />
      <code title={name}>{name}</code>
    </span>
  )
}
