import { LayoutGrid, type LucideIcon } from 'lucide-react'

export interface Place {
  readonly to: '/'
  readonly name: string
  readonly icon: LucideIcon
}

/** The places of the bar, in its order. */
export const places: readonly Place[] = [{ to: '/', name: 'Board', icon: LayoutGrid }]
