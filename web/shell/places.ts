import { Activity, Layers, LayoutGrid, type LucideIcon } from 'lucide-react'

export interface Place {
  readonly to: '/' | '/environments' | '/activity'
  readonly name: string
  readonly icon: LucideIcon
  /** The same on the command line. */
  readonly command: string
}

/** The places of the bar, in its order. */
export const places: readonly Place[] = [
  { to: '/', name: 'Board', icon: LayoutGrid, command: './cofferdam status' },
  { to: '/environments', name: 'Environments', icon: Layers, command: './cofferdam status' },
  { to: '/activity', name: 'Activity', icon: Activity, command: './cofferdam events' },
]
