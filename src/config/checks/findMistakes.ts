import { defaultAnalysis } from '../../domain/analysis/settings.ts'
import type { Finding, Path } from '../problem.ts'
import { findSchemaMistakes } from '../schemaFindings.ts'
import { checkAnalysis } from './checkAnalysis.ts'
import { checkEnvironments } from './checkEnvironments.ts'
import { checkOverrides } from './checkOverrides.ts'
import { checkPipeline } from './checkPipeline.ts'
import { checkServices } from './checkServices.ts'
import { checkSettings } from './checkSettings.ts'
import { soundPolicy } from './soundSections.ts'
import { keysAt, type Checked } from './check.ts'

/** Every mistake of a file that can be seen without looking at the disk: of form and of meaning, each once. */
export function findMistakes(data: unknown, known: readonly Path[] = []): Finding[] {
  const { findings, repaired, judged: judgedByForm, uncertain, written } = findSchemaMistakes(data)
  const judged = [...known, ...judgedByForm]
  const meaning: Finding[] = []
  const checked: Checked = {
    data: repaired,
    isJudged: (path) => judged.some((bad) => startsWith(path, bad)),
    isUncertain: (path) => uncertain.some((map) => map.length === path.length && startsWith(map, path)),
    namesAt: (path) => [
      ...new Set(keysAt(repaired, path).flatMap((key) => [key, String(written([...path, key]).at(-1))])),
    ],
    report: (finding) => meaning.push({ ...finding, path: written(finding.path) }),
  }
  const policy = soundPolicy(repaired, judged)
  checkServices(checked)
  checkSettings(checked)
  checkEnvironments(checked)
  if (policy.pipeline) checkPipeline(checked, policy.pipeline, policy.analysis?.slice ?? defaultAnalysis.sliceMs)
  if (policy.analysis) checkAnalysis(checked, policy.analysis, ['analysis'])
  checkOverrides(checked, judged, policy)
  return [...findings.filter((finding) => !known.some((path) => startsWith(finding.path, path))), ...meaning]
}

function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((part, i) => part === path[i])
}
