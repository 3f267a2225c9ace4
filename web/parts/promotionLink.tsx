import { Link } from '@tanstack/react-router'

/** The link to a promotion, as people call it: `p-7`. */
export function PromotionLink({ id }: { readonly id: string }) {
  return (
    <Link to="/promotions/$id" params={{ id }} className="p-link nowrap">
      <span className="vh">promotion </span>
      <code>{id}</code>
    </Link>
  )
}
