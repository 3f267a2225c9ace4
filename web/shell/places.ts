import { Activity, Layers, LayoutGrid, type LucideIcon } from 'lucide-react'

export interface Place {
  readonly to: '/' | '/environments' | '/activity'
  readonly name: string
  readonly icon: LucideIcon
  /** After `g` it leads there. */
  readonly letter: string
  /** The same on the command line. */
  readonly command: string
}

/** The places of the bar, in its order. */
export const places: readonly Place[] = [
  { to: '/', name: 'Board', letter: 'b', icon: LayoutGrid, command: './cofferdam status' },
  { to: '/environments', name: 'Environments', letter: 'e', icon: Layers, command: './cofferdam status' },
  { to: '/activity', name: 'Activity', letter: 'a', icon: Activity, command: './cofferdam events' },
]
