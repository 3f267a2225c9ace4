import type { Promotion } from '../../../src/http/contract/documents.ts'
import { duration } from '../../format/units.ts'
import { Section } from '../../parts/section.tsx'
import { StatusBadge } from '../../parts/statusBadge.tsx'

/** The tests of the stages, those that failed open, with what they wrote. */
export function TestsSection({ promotion }: { readonly promotion: Promotion }) {
  const tests = promotion.stages.flatMap((stage) => stage.tests.map((test) => ({ ...test, stage: stage.name })))
  if (tests.length === 0) return null
  const failed = tests.filter((test) => !test.passed).length
  return (
    <Section title="Tests" note={failed === 0 ? `${tests.length} passed` : `${failed} of ${tests.length} failed`}>
      <ul className="list">
        {tests.map((test) => (
          <li key={`${test.stage} ${test.name}`}>
            <StatusBadge kind={test.passed ? 'pass' : 'fail'}>
              {test.name}{' '}
              <span className="muted">
                {test.kind} in {test.stage}, {duration(test.ms)}
              </span>
            </StatusBadge>
            {test.text !== '' && (
              <details open={!test.passed}>
                <summary>what it wrote</summary>
                <pre className="log" tabIndex={0}>
                  {test.text}
                </pre>
              </details>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}
