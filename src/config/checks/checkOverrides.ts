import { mergeSections } from '../mergeSections.ts'
import { overridableFields } from '../overridableFields.ts'
import type { Path } from '../problem.ts'
import { formatPath } from '../problem.ts'
import { valueAt } from '../schemaFindings.ts'
import { checkAnalysis } from './checkAnalysis.ts'
import { keysAt, type Checked } from './check.ts'
import { soundOverride, type SoundPolicy } from './soundSections.ts'

/** What services change under `pipeline:` and `analysis:`, against the organisation's `pipeline.mayOverride`. */
export function checkOverrides(checked: Checked, judged: readonly Path[], policy: SoundPolicy): void {
  for (const service of keysAt(checked.data, ['services'])) {
    const own = valueAt(checked.data, ['services', service])
    if (valueAt(own, ['pipeline']) === undefined && valueAt(own, ['analysis']) === undefined) continue
    const override = soundOverride(checked.data, judged, service)
    if (policy.pipeline) {
      for (const section of ['pipeline', 'analysis'] as const) {
        for (const { path, value } of leaves(override[section] ?? {}, [])) {
          checkBound(
            checked,
            ['services', service, section, ...path],
            formatPath(path),
            value,
            policy.pipeline.mayOverride,
          )
        }
      }
    }
    const { analysis } = override
    if (policy.analysis && analysis && changesRules(analysis)) {
      checkAnalysis(checked, mergeSections(policy.analysis, analysis), ['services', service, 'analysis'])
    }
  }
}

type Bounds = Readonly<Record<string, { from?: number | undefined; to?: number | undefined } | undefined>>

function checkBound(checked: Checked, path: Path, field: string, value: unknown, bounds: Bounds): void {
  if (typeof value !== 'number' || checked.isJudged(['pipeline', 'mayOverride', field])) return
  const bound = bounds[field]
  const format = overridableFields.get(field)?.unit?.format ?? String
  const written = valueAt(checked.data, path)
  if (bound === undefined) {
    const named = Object.keys(bounds).filter((key) => bounds[key] !== undefined)
    const allowed = named.length === 0 ? 'nothing' : named.join(', ')
    const says = "is not a service's to change, `pipeline.mayOverride` does not name it"
    checked.report({ path, value: written, allowed, says, atKey: true })
    return
  }
  const { from, to } = bound
  if (from !== undefined && to !== undefined && from > to) return
  const least = from !== undefined && value < from
  if (!least && (to === undefined || value <= to)) return
  const range = [from === undefined ? '' : `from ${format(from)}`, to === undefined ? '' : `to ${format(to)}`]
  const allowed = `${range.join(' ').trim()} (\`pipeline.mayOverride\`)`
  const says = `passes the bound of the policy with \`${String(written)}\``
  checked.report({ path, value: written, allowed, says, nearest: format((least ? from : to) ?? value) })
}

function leaves(value: object, path: Path): { path: Path; value: unknown }[] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const here = [...path, key]
    return typeof inner === 'object' && inner !== null ? leaves(inner, here) : [{ path: here, value: inner }]
  })
}

function changesRules({ metrics }: { metrics?: object | undefined }): boolean {
  return metrics !== undefined && leaves(metrics, []).length > 0
}
