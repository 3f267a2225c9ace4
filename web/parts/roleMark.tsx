export type Role = 'stable' | 'baseline' | 'canary' | 'staging' | 'bad'

/** The shape of a role: decoration, the word stands beside it. */
export function RoleMark({ role }: { readonly role: Role }) {
  return (
    <svg className={`mark r-${role}`} viewBox="0 0 10 10" aria-hidden="true">
      {shapes[role]}
    </svg>
  )
}

const shapes = {
  stable: <rect x=".5" y=".5" width="9" height="9" fill="currentColor" />,
  baseline: (
    <>
      <rect x="1" y="1" width="8" height="8" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M1 6.5L6.5 1M3.5 9L9 3.5" stroke="currentColor" strokeWidth="1.3" />
    </>
  ),
  canary: <path d="M5 -.6L10.6 5L5 10.6L-.6 5z" fill="currentColor" />,
  staging: (
    <>
      <circle cx="5" cy="5" r="4.3" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M.7 5a4.3 4.3 0 0 0 8.6 0z" fill="currentColor" />
    </>
  ),
  bad: <path d="M3 .5h4L9.5 3v4L7 9.5H3L.5 7V3z" fill="currentColor" />,
} as const

/** The role of what runs in a stage. */
export function roleOfStage(kind: 'test' | 'canary' | 'production'): Role {
  if (kind === 'test') return 'staging'
  return kind === 'canary' ? 'canary' : 'stable'
}
