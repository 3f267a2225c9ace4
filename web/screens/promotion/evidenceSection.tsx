import type { Promotion } from '../../../src/http/contract/documents.ts'
import { factor, latency, percent } from '../../format/units.ts'
import { EvidenceMeter } from '../../parts/evidenceMeter.tsx'
import { Section } from '../../parts/section.tsx'
import { StatusBadge } from '../../parts/statusBadge.tsx'

type Evidence = NonNullable<NonNullable<Promotion['rollout']>['evidence']>
type Metric = Evidence['metrics'][number]

/** How sure the judge is, per metric: proof of health to the left, harm to the right. */
export function EvidenceSection({ promotion }: { readonly promotion: Promotion }) {
  const evidence = promotion.rollout?.evidence
  if (evidence === undefined || evidence.metrics.length === 0) return null
  return (
    <Section
      title="Evidence"
      note="Goes on when every metric is at the left end; rolls back when all together reach the right end."
    >
      <table className="ev">
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" className="num">
              Canary
            </th>
            <th scope="col" className="num">
              Control
            </th>
            <th scope="col" className="num">
              Tolerated
            </th>
            <th scope="col">
              <span className="meter-key">
                <span>proven well, {factor(evidence.proof)}×</span>
                <span>1</span>
                <span>roll back, {factor(evidence.limit)}×</span>
              </span>
            </th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {evidence.metrics.map((metric) => (
            <MetricRow key={metric.name} metric={metric} evidence={evidence} />
          ))}
          <tr>
            <td>All together</td>
            <td />
            <td />
            <td />
            <td className="m">
              <EvidenceMeter proof={evidence.proof} harm={evidence.harm} limit={evidence.limit} />
            </td>
            <td className="v">
              <StatusBadge
                kind={evidence.harm >= evidence.limit ? 'fail' : evidence.harm > 1 ? 'not-enough-data' : 'pass'}
              >
                harm {factor(evidence.harm)} of {factor(evidence.limit)}
              </StatusBadge>
            </td>
          </tr>
        </tbody>
      </table>
    </Section>
  )
}

function MetricRow({ metric, evidence }: { readonly metric: Metric; readonly evidence: Evidence }) {
  const { name, canary, control, tolerated, thresholdMs, controlThresholdMs = thresholdMs, health, harm } = metric
  const slower =
    thresholdMs === undefined || controlThresholdMs === undefined
      ? ''
      : ` slower than ${latency(thresholdMs)}; control: ${latency(controlThresholdMs)}`
  return (
    <tr>
      <td>
        {name.charAt(0).toUpperCase() + name.slice(1).replace('-', ' ')}
        {slower !== '' && <small className="muted">{slower}</small>}
      </td>
      <td className="num" data-l="canary" title={countsOf(canary)}>
        <span>{rateOf(canary)}</span>
      </td>
      <td className="num" data-l="control" title={countsOf(control)}>
        <span>{rateOf(control)}</span>
      </td>
      <td className="num" data-l="tolerated">
        <span>{control.requests === 0 ? '–' : percent(tolerated)}</span>
      </td>
      <td className="m">
        <EvidenceMeter health={health} proof={evidence.proof} harm={harm} limit={evidence.limit} />
      </td>
      <td className="v">
        <Verdict metric={metric} evidence={evidence} />
      </td>
    </tr>
  )
}

function Verdict({
  metric: { health, harm, control },
  evidence,
}: {
  readonly metric: Metric
  readonly evidence: Evidence
}) {
  if (harm >= evidence.limit) return <StatusBadge kind="fail">harm, {factor(harm)}×</StatusBadge>
  if (harm > health && harm > 1)
    return <StatusBadge kind="not-enough-data">harm suspected, {factor(harm)}×</StatusBadge>
  if (health >= evidence.proof) return <StatusBadge kind="pass">proven, {factor(health)}×</StatusBadge>
  if (control.requests === 0) return <StatusBadge kind="cannot-see">nothing to compare with</StatusBadge>
  return <StatusBadge kind="not-enough-data">not enough yet, {factor(health)}×</StatusBadge>
}

function rateOf({ requests, bad }: Metric['canary']): string {
  return requests === 0 ? '–' : percent(bad / requests)
}

function countsOf({ requests, bad }: Metric['canary']): string {
  return `${Math.round(bad).toLocaleString('en-US')} of ${Math.round(requests).toLocaleString('en-US')} requests`
}
