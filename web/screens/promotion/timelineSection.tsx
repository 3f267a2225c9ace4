import { useQuery } from '@tanstack/react-query'
import { plural } from '../../format/units.ts'
import { timelineQuery } from '../../live/queries.ts'
import { Problem } from '../../parts/problem.tsx'
import { Section } from '../../parts/section.tsx'
import { Timeline } from '../../parts/timeline.tsx'

/** Everything that is told of a promotion, newest first. */
export function TimelineSection({ id }: { readonly id: string }) {
  const { data, error } = useQuery(timelineQuery(id))
  return (
    <Section title="Timeline" end={data && plural(data.length, 'event')}>
      {error && !data ? <Problem error={error} what="The timeline" /> : <Timeline events={(data ?? []).toReversed()} />}
    </Section>
  )
}
