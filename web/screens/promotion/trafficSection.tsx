import type { Promotion } from '../../../src/http/contract/documents.ts'
import { count, percent } from '../../format/units.ts'
import { buildOf } from '../../live/needs.ts'
import { type Role, RoleMark } from '../../parts/roleMark.tsx'
import { Section } from '../../parts/section.tsx'
import { ShareBar } from '../../parts/shareBar.tsx'

/** Who gets how much, as it is set and as it was seen, and what became of it. */
export function TrafficSection({ promotion }: { readonly promotion: Promotion }) {
  const { rollout, replaces } = promotion
  if (rollout === undefined || promotion.stage === promotion.stages[0]?.name) return null
  const { arms, share, plan, layer } = rollout
  const hasBaseline = layer === 'canary'
  const next = plan.steps[plan.step + 1]
  const total = arms.stable.requests + arms.canary.requests + arms.baseline.requests
  const rows: readonly (readonly [Role, string, string, number, keyof typeof arms])[] = [
    ['canary', hasBaseline ? 'canary' : 'new build', buildOf(promotion).name, share.set, 'canary'],
    ...(arms.baseline.requests > 0 || hasBaseline
      ? [['baseline', 'baseline', replaces?.name ?? '', hasBaseline ? share.set : 0, 'baseline'] as const]
      : []),
    ['stable', 'stable', replaces?.name ?? '', Math.max(0, 1 - share.set * (hasBaseline ? 2 : 1)), 'stable'],
  ]
  return (
    <Section
      title="Traffic"
      note={`in ${rollout.environment}`}
      end={total > 0 && `${count(total)} requests since the first share`}
    >
      <div className="weights">
        <div className="shares">
          <span>now</span>
          <ShareBar look="wide" label="Now" shares={{ canary: share.set, baseline: hasBaseline ? share.set : 0 }} />
          {next?.share !== undefined && (
            <>
              <span>next</span>
              <ShareBar look="ghost" label="Next" shares={{ canary: next.share, baseline: next.share }} />
            </>
          )}
        </div>
        <table>
          <thead>
            <tr>
              <th scope="col">Build</th>
              <th scope="col" className="num">
                Set
              </th>
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
            {rows.map(([role, name, build, set, arm]) => (
              <tr key={name}>
                <td>
                  <span className="build">
                    <RoleMark role={role} />
                    {name} <code>{build}</code>
                  </span>
                </td>
                <td className="num">{percent(set)}</td>
                <td className="num">{arm === 'canary' ? percent(share.seen) : '–'}</td>
                <td className="num">{count(arms[arm].requests)}</td>
                <td className="num">
                  {count(arms[arm].bad)}
                  {arms[arm].requests > 0 && (
                    <span className="muted"> {percent(arms[arm].bad / arms[arm].requests)}</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}
