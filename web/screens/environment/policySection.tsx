import { CircleSlash, Hourglass, ShieldAlert, Undo2 } from 'lucide-react'
import { Link } from '@tanstack/react-router'
import type { EnvironmentDocument } from '../../../src/http/contract/documents.ts'
import { count, duration, latency, percent, plural } from '../../format/units.ts'
import { Section } from '../../parts/section.tsx'

type Policy = EnvironmentDocument['policy']

/** What holds here: what may leave, how long a build must be watched, and what takes one back whatever else is said. */
export function PolicySection({ environment }: { readonly environment: EnvironmentDocument }) {
  const { policy } = environment
  const { guards } = policy
  return (
    <Section title="Policy" note="what holds here, whoever deploys">
      <ul className="list gates">
        <li>
          <CircleSlash className="i" aria-hidden="true" />
          <span>
            <b>Egress: {policy.egress}</b>
            {environment.name} has all its services itself. What it does not have is answered with 404; no request
            leaves it.
          </span>
        </li>
        {policy.stages.map((stage) => (
          <li key={stage.name}>
            <Hourglass className="i" aria-hidden="true" />
            <span>
              <b>Stage {stage.name}</b>
              {sayStage(stage, policy)}
            </span>
          </li>
        ))}
        {policy.stages.some(({ kind }) => kind !== 'test') && (
          <>
            <li>
              <ShieldAlert className="i" aria-hidden="true" />
              <span>
                <b>Guards</b>A new build goes back at once with more than {percent(guards.errors)} bad requests, a p99
                above {latency(guards.latencyP99Ms)}, more than {count(Math.round(guards.memoryBytes / 1024 / 1024))} MB
                of memory, or {plural(guards.crashes.times, 'crash', 'crashes')} within{' '}
                {duration(guards.crashes.withinMs)}.
              </span>
            </li>
            <li>
              <Undo2 className="i" aria-hidden="true" />
              <span>
                <b>Unwatched</b>A share that nobody watches for {duration(policy.watchedForMs)} goes back by itself, on
                the gateway’s own clock. A step that is not decided within {duration(policy.deadlineMs)} waits for a
                person.
              </span>
            </li>
          </>
        )}
      </ul>
      {policy.overriddenBy.length > 0 && (
        <p className="soft">
          With values of their own:{' '}
          {policy.overriddenBy.map((name, index) => (
            <span key={name}>
              {index > 0 && ', '}
              <Link to="/services/$name" params={{ name }}>
                {name}
              </Link>
            </span>
          ))}
          .
        </p>
      )}
    </Section>
  )
}

function sayStage(stage: Policy['stages'][number], policy: Policy): string {
  if (stage.kind === 'test') return 'Every test of the service must pass; then the build goes on.'
  const least = duration(stage.minimumMs ?? 0)
  if (stage.kind === 'canary')
    return `${(stage.shares ?? []).map(percent).join(', then ')} of requests beside a baseline of the old build, each for ${least} at least.`
  const back =
    stage.keepsPrevious === true ? 'The old instances are kept until then.' : 'The old instances are not kept.'
  return `${percent(stage.batch ?? 1)} of the hosts at a time, each for ${least} at least, then it bakes ${duration(policy.bakeMs)}. ${back}`
}
