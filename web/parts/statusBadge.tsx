import {
  ArrowRight,
  Check,
  CircleSlash,
  EyeOff,
  Hourglass,
  LoaderCircle,
  type LucideIcon,
  OctagonX,
  Undo2,
  Unplug,
} from 'lucide-react'
import type { ReactNode } from 'react'

export type StatusKind =
  | 'act'
  | 'run'
  | 'pass'
  | 'fail'
  | 'not-enough-data'
  | 'cannot-see'
  | 'wait'
  | 'stale'
  | 'rolling-back'

const looks: Readonly<Record<StatusKind, readonly [icon: LucideIcon, className: string]>> = {
  act: [ArrowRight, 'st-act'],
  run: [LoaderCircle, 'st-run'],
  pass: [Check, 'st-pass'],
  fail: [OctagonX, 'st-fail'],
  'not-enough-data': [Hourglass, 'st-data'],
  'cannot-see': [EyeOff, 'st-blind'],
  wait: [CircleSlash, 'st-wait'],
  stale: [Unplug, 'st-blind'],
  'rolling-back': [Undo2, 'st-fail'],
}

/** A state: a picture and its words. */
export function StatusBadge({ kind, children }: { readonly kind: StatusKind; readonly children: ReactNode }) {
  const [Icon, className] = looks[kind]
  return (
    <span className={`st ${className}`}>
      <Icon className={kind === 'run' ? 'i spin' : 'i'} aria-hidden="true" />
      <span>{children}</span>
    </span>
  )
}
