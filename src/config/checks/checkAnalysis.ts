import type { AnalysisSection } from '../analysisSchema.ts'
import type { Path } from '../problem.ts'
import type { Checked } from './check.ts'

/** Rules between the fields of an analysis: of the organisation's, or of a service's with the organisation's filled in. */
export function checkAnalysis(checked: Checked, analysis: AnalysisSection, root: Path): void {
  checkWeights(checked, analysis, root)
  const { tolerated, harmful } = analysis.metrics.errors
  const path = [...root, 'metrics', 'errors', 'harmful']
  const parts = ['tolerated', 'harmful'].flatMap((part) =>
    ['times', 'plus'].map((key) => ['metrics', 'errors', part, key]),
  )
  if (parts.some((part) => isJudgedAnywhere(checked, root, part))) return
  if (harmful.times < tolerated.times || harmful.plus < tolerated.plus) {
    checked.report({
      path,
      value: null,
      allowed: 'at least what is tolerated, in `times` and in `plus`',
      says: 'is below what is tolerated',
    })
  }
}

function checkWeights(checked: Checked, { metrics }: AnalysisSection, root: Path): void {
  const names = Object.keys(metrics)
  if (checked.isUncertain(['analysis', 'metrics']) || checked.isUncertain([...root, 'metrics'])) return
  if (names.some((name) => isJudgedAnywhere(checked, root, ['metrics', name, 'weight']))) return
  const weights = Object.values(metrics).map((metric) => metric.weight)
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const path = [...root, 'metrics']
  if (Math.abs(sum - 1) > 1e-6) {
    checked.report({
      path,
      value: weights,
      allowed: 'weights that add up to 1',
      says: `has weights that add up to ${Number(sum.toFixed(6))}`,
    })
  } else if (metrics.errors.weight === 0) {
    checked.report({
      path: [...path, 'errors', 'weight'],
      value: 0,
      allowed: 'a weight above 0',
      says: 'is 0: errors are always judged',
    })
  }
}

// A service's value stands in its own section or, filled in, in the organisation's.
function isJudgedAnywhere(checked: Checked, root: Path, part: Path): boolean {
  return checked.isJudged([...root, ...part]) || checked.isJudged(['analysis', ...part])
}
