import { Circle, CircleCheck, CircleSlash, LoaderCircle, type LucideIcon, OctagonX } from 'lucide-react'
import type { Role } from './roleMark.tsx'

export interface RailStep {
  readonly key: string
  readonly group: string
  readonly name: string
  readonly line: string
  readonly state: 'done' | 'now' | 'next' | 'back' | 'not-reached'
  readonly role: Role
  /** How far the running part is, 0 to 1. */
  readonly progress?: number
  /** Something holds it before the next step. */
  readonly isHeld?: boolean
}

const knots: Readonly<Record<RailStep['state'], LucideIcon>> = {
  done: CircleCheck,
  now: LoaderCircle,
  next: Circle,
  back: OctagonX,
  'not-reached': CircleSlash,
}

/** The way of a promotion: what is behind it, where it is, what comes. */
export function StageRail({ steps }: { readonly steps: readonly RailStep[] }) {
  return (
    <ol className="rail" aria-label="Stages">
      {steps.map((step) => {
        const Icon = knots[step.state]
        return (
          <li
            key={step.key}
            className={`${step.state} r-${step.role}`}
            {...(step.state === 'now' ? { 'aria-current': 'step' as const } : {})}
            style={step.progress === undefined ? {} : { ['--p' as string]: `${Math.round(step.progress * 100)}%` }}
          >
            <span className="knot">
              <Icon className={step.state === 'now' ? 'i spin' : 'i'} aria-hidden="true" />
            </span>
            <span className="grp">{step.group}</span>
            <b>{step.name}</b>
            <span>{step.line}</span>
            {step.isHeld === true && <span className="wall-at" aria-hidden="true" />}
          </li>
        )
      })}
    </ol>
  )
}
