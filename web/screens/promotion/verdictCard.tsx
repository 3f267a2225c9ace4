import { CircleCheck, OctagonX, Undo2 } from 'lucide-react'
import type { Promotion } from '../../../src/http/contract/documents.ts'
import { count, duration, percent } from '../../format/units.ts'
import { StatusBadge } from '../../parts/statusBadge.tsx'

/** After the end: the engine's own sentence, and the four figures that people ask for. */
export function VerdictCard({ promotion }: { readonly promotion: Promotion }) {
  const { result, rollout } = promotion
  if (result === undefined) return null
  const isDone = result.outcome === 'done'
  const Icon = isDone ? CircleCheck : result.cause === 'command' ? Undo2 : OctagonX
  const { firstBad, decided, applied, lastServed } = result.at
  const figures: readonly (readonly [string, string, string])[] = [
    ...(between(firstBad, decided) === undefined
      ? []
      : [
          [
            'First failed request to decision',
            duration(between(firstBad, decided) ?? 0),
            'until the verdict was saved',
          ] as const,
        ]),
    ...(between(decided, applied) === undefined
      ? []
      : [
          [
            'Decision to moved traffic',
            duration(between(decided, applied) ?? 0),
            lastServed === undefined ? 'all gateways' : 'instances were ended after it',
          ] as const,
        ]),
    ...(rollout && rollout.arms.canary.requests > 0
      ? [
          [
            isDone ? 'Bad requests on the way' : "Users' requests that failed",
            count(rollout.arms.canary.bad),
            `of ${count(rollout.arms.canary.requests)} that it served`,
          ] as const,
        ]
      : []),
    ...(result.canary && result.control
      ? [
          [
            result.metric === 'errors' || result.metric === undefined
              ? 'Bad, new against old'
              : `Slow (${result.metric})`,
            percent(rateOf(result.canary)),
            `against ${percent(rateOf(result.control))}${result.tolerated === undefined ? '' : `, tolerated ${percent(result.tolerated)}`}`,
          ] as const,
        ]
      : []),
  ]
  return (
    <>
      <div className={isDone ? 'verdict' : 'verdict is-bad'}>
        <Icon className="i" aria-hidden="true" />
        <div>
          <p className="say">{result.text}</p>
          <p>
            {isDone
              ? 'It runs on every host.'
              : `It ended in ${result.stage}${result.cause === undefined ? '' : `, cause ${result.cause}`}.`}
          </p>
        </div>
        <StatusBadge kind={isDone ? 'pass' : 'rolling-back'}>{result.outcome.replace('-', ' ')}</StatusBadge>
      </div>
      {figures.length > 0 && (
        <dl className="big">
          {figures.map(([name, value, note]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
              <dd className="sub">{note}</dd>
            </div>
          ))}
        </dl>
      )}
    </>
  )
}

function between(from: string | undefined, to: string | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined
  return Math.max(0, Date.parse(to) - Date.parse(from))
}

function rateOf({ requests, bad }: { readonly requests: number; readonly bad: number }): number {
  return requests === 0 ? 0 : bad / requests
}
