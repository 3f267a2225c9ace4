import type { Promotion } from '../../../src/http/contract/documents.ts'
import { plural } from '../../format/units.ts'
import { buildOf } from '../../live/needs.ts'
import { CommandLine } from '../../parts/commandLine.tsx'
import { PromotionLink } from '../../parts/promotionLink.tsx'
import { Section } from '../../parts/section.tsx'
import { StatusBadge } from '../../parts/statusBadge.tsx'
import { TimeAgo } from '../../parts/timeAgo.tsx'
import { outcomeOf, tookOf } from './sayService.ts'

/** Every build that was sent on its way, newest first, and what came of it. */
export function HistorySection({
  service,
  promotions,
}: {
  readonly service: string
  readonly promotions: readonly Promotion[]
}) {
  return (
    <Section
      title="History"
      note={promotions.length === 0 ? 'empty' : `${plural(promotions.length, 'promotion')}, newest first`}
    >
      {promotions.length === 0 ? (
        <p className="soft none">
          What becomes of each build will stand here. The first one is sent with the command below.
        </p>
      ) : (
        <table className="rows stack">
          <thead>
            <tr>
              <th scope="col">Build</th>
              <th scope="col">Promotion</th>
              <th scope="col">What came of it</th>
              <th scope="col">Asked for</th>
              <th scope="col" className="num">
                Took
              </th>
            </tr>
          </thead>
          <tbody>
            {promotions.map((promotion) => (
              <HistoryRow key={promotion.id} promotion={promotion} />
            ))}
          </tbody>
        </table>
      )}
      <CommandLine
        command={
          promotions.length === 0
            ? `./cofferdam deploy ${service} --wait`
            : `./cofferdam promotion list --service ${service}`
        }
      />
    </Section>
  )
}

function HistoryRow({ promotion }: { readonly promotion: Promotion }) {
  const { kind, words } = outcomeOf(promotion)
  const { result, holds, stage } = promotion
  const text = result?.text ?? (holds[0] === undefined ? `in ${stage}` : `in ${stage}: ${holds[0].text}`)
  return (
    <tr>
      <td className="lead build-cell">
        <code>{buildOf(promotion).name}</code>
        {promotion.kind === 'rollback' && <small className="muted">way back</small>}
        {promotion.emergency !== undefined && <small className="bad">emergency</small>}
      </td>
      <td data-l="promotion">
        <PromotionLink id={promotion.id} />
      </td>
      <td className="outcome" data-l="outcome">
        <StatusBadge kind={kind}>
          <span className="strong">{words}</span>
          <span className="muted">. {text}</span>
        </StatusBadge>
      </td>
      <td data-l="asked for">
        <span>
          <TimeAgo at={promotion.requestedAt} /> <span className="muted">by {promotion.requestedBy}</span>
        </span>
      </td>
      <td className="num nowrap" data-l="took">
        {tookOf(promotion) ?? '–'}
      </td>
    </tr>
  )
}
