/** The sign of the product: a dry chamber in the water. */
export function Mark() {
  return (
    <svg viewBox="0 0 22 22" fill="none" stroke="currentColor" strokeWidth="1.7" aria-hidden="true">
      <path d="M5.5 5.5h11v11h-11z" strokeWidth="2.2" />
      <path d="M0 8h3M0 14h3M19 8h3M19 14h3" strokeLinecap="square" />
      <path d="M3 1.8h16M3 20.2h16" />
    </svg>
  )
}
