import type { Promotion } from '../../../src/http/contract/documents.ts'
import { count, percent } from '../../format/units.ts'
import { buildOf, isUnderWay } from '../../live/needs.ts'
import { type Role, RoleMark } from '../../parts/roleMark.tsx'
import { Section } from '../../parts/section.tsx'
import { ShareBar } from '../../parts/shareBar.tsx'

type Rollout = NonNullable<Promotion['rollout']>

/** Who gets how much, as it is set and as it was seen, and what became of it. */
export function TrafficSection({ promotion }: { readonly promotion: Promotion }) {
  const { rollout } = promotion
  if (rollout === undefined || promotion.stage === promotion.stages[0]?.name) return null
  const { arms } = rollout
  const total = arms.stable.requests + arms.canary.requests + arms.baseline.requests
  return (
    <Section
      title="Traffic"
      note={`in ${rollout.environment}`}
      end={total > 0 && `${count(total)} requests since the first share`}
    >
      <div className="weights">
        {isUnderWay(promotion) && <SharesNow rollout={rollout} />}
        <ArmsTable promotion={promotion} rollout={rollout} />
      </div>
    </Section>
  )
}

function SharesNow({ rollout: { share, layer, plan } }: { readonly rollout: Rollout }) {
  const next = plan.steps[plan.step + 1]
  return (
    <div className="shares">
      <span>now</span>
      <ShareBar look="wide" label="Now" shares={{ canary: share.set, baseline: layer === 'canary' ? share.set : 0 }} />
      {next?.share !== undefined && (
        <>
          <span>next</span>
          <ShareBar look="ghost" label="Next" shares={{ canary: next.share, baseline: next.share }} />
        </>
      )}
    </div>
  )
}

interface ArmRow {
  readonly role: Role
  readonly arm: keyof Rollout['arms']
  readonly name: string
  readonly build: string
  /** Absent once nothing is set any more. */
  readonly set?: number
}

function ArmsTable({ promotion, rollout }: { readonly promotion: Promotion; readonly rollout: Rollout }) {
  const { arms, share } = rollout
  const rows = rowsOf(promotion, rollout)
  const isLive = isUnderWay(promotion)
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Build</th>
          {isLive && (
            <th scope="col" className="num">
              Set
            </th>
          )}
          <th scope="col" className="num">
            Seen
          </th>
          <th scope="col" className="num">
            Requests
          </th>
          <th scope="col" className="num">
            Bad
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ role, arm, name, build, set }) => (
          <tr key={arm}>
            <td>
              <span className="build">
                <RoleMark role={role} />
                {name} <code>{build}</code>
              </span>
            </td>
            {isLive && <td className="num">{set === undefined ? '–' : percent(set)}</td>}
            <td className="num">{arm === 'canary' ? percent(share.seen) : '–'}</td>
            <td className="num">{count(arms[arm].requests)}</td>
            <td className="num">
              {count(arms[arm].bad)}{' '}
              <span className="muted">
                {arms[arm].requests > 0 ? percent(arms[arm].bad / arms[arm].requests) : '–'}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function rowsOf(promotion: Promotion, { arms, share, layer }: Rollout): readonly ArmRow[] {
  const old = promotion.replaces?.name ?? ''
  const hasBaseline = layer === 'canary'
  const stable = Math.max(0, 1 - share.set * (hasBaseline ? 2 : 1))
  return [
    {
      role: 'canary',
      arm: 'canary',
      name: hasBaseline ? 'canary' : 'new build',
      build: buildOf(promotion).name,
      set: share.set,
    },
    ...(hasBaseline || arms.baseline.requests > 0
      ? [
          {
            role: 'baseline' as const,
            arm: 'baseline' as const,
            name: 'baseline',
            build: old,
            ...(hasBaseline ? { set: share.set } : {}),
          },
        ]
      : []),
    { role: 'stable', arm: 'stable', name: 'stable', build: old, set: stable },
  ]
}
