import type { Path } from '../problem.ts'
import type { PipelineSection } from '../pipelineSchema.ts'
import { valueAt } from '../schemaFindings.ts'
import { formatDuration, parsePercent } from '../units.ts'
import { listAt, mapAt, type Checked } from './check.ts'
import { checkUnknownNames } from './unknownNames.ts'

const root: Path = ['pipeline']
const stagesPath: Path = [...root, 'stages']

/** The order of the stages, their environments, and times that contradict each other. */
export function checkPipeline(checked: Checked, pipeline: PipelineSection, sliceMs: number): void {
  if (!checked.isJudged(stagesPath)) {
    const stages = readStages(checked, pipeline)
    checkOrder(checked, stages)
    checkStageEnvironments(checked, stages)
    stages.forEach((_, i) => checkShares(checked, [...stagesPath, i, 'shares']))
  }
  checkTimes(checked, pipeline, sliceMs)
  for (const [field, bound] of Object.entries(pipeline.mayOverride)) {
    const path = [...root, 'mayOverride', field]
    const value = valueAt(checked.data, path)
    if (bound === undefined || checked.isJudged(path)) continue
    if (Object.keys(mapAt(checked.data, path)).length === 0) {
      checked.report({ path, value, allowed: '`from`, `to` or both', says: 'has no bound' })
    } else if (bound.from !== undefined && bound.to !== undefined && bound.from > bound.to) {
      checked.report({ path, value, allowed: '`from` at most `to`', says: 'has its least value above its greatest' })
    }
  }
}

/** Name and environment of a stage; undefined where something else stands, which has its problem already. */
interface StageNames {
  readonly name: string | undefined
  readonly environment: string | undefined
}

function readStages(checked: Checked, { stages }: PipelineSection): StageNames[] {
  if (valueAt(checked.data, stagesPath) === undefined) return stages
  return listAt(checked.data, stagesPath).map((stage, i) => {
    const read = (key: string) => {
      const value = mapAt(stage, [])[key]
      return typeof value === 'string' && !checked.isJudged([...stagesPath, i, key]) ? value : undefined
    }
    return { name: read('name'), environment: read('environment') }
  })
}

function checkOrder(checked: Checked, stages: readonly StageNames[]): void {
  const names = stages.map((stage) => stage.name)
  if (names.includes(undefined)) return
  const allowed = 'test stages, then `canary`, then `production`, each name once'
  const repeated = names.findIndex((name, i) => names.indexOf(name) < i)
  if (repeated >= 0) {
    const path = [...stagesPath, repeated, 'name']
    checked.report({ path, value: names[repeated], allowed, says: `stands twice, \`${names[repeated]}\`` })
  } else if (names.at(-1) !== 'production' || names.at(-2) !== 'canary') {
    checked.report({ path: stagesPath, value: names, allowed, says: `has another order, ${names.join(', ')}` })
  }
}

function checkShares(checked: Checked, path: Path): void {
  const shares = listAt(checked.data, path)
  const values = shares.map((share) => (typeof share === 'string' ? parsePercent(share) : undefined))
  const rises = values.every((value, i) => {
    const before = values[i - 1]
    return !value?.ok || !before?.ok || value.value > before.value
  })
  if (rises || shares.some((_, i) => checked.isJudged([...path, i]))) return
  checked.report({ path, value: shares, allowed: 'shares that rise, such as [5%, 10%]', says: 'does not rise' })
}

function checkStageEnvironments(checked: Checked, stages: readonly StageNames[]): void {
  if (checked.isJudged(['environments'])) return
  const names = checked.namesAt(['environments'])
  const references = stages.flatMap(({ environment }, i) =>
    environment === undefined ? [] : [{ path: [...stagesPath, i, 'environment'], name: environment }],
  )
  // Stages that agree on an unknown environment are one mistake: it is the environment that is missing.
  const distinct = references.filter(({ name }, i) => references.findIndex((other) => other.name === name) === i)
  checkUnknownNames(checked, distinct, { what: 'environment', names })
  const production = stages.findLast((stage) => stage.name === 'production')?.environment
  if (production === undefined || !names.includes(production)) return
  stages.forEach(({ name, environment }, i) => {
    if (name === undefined || name === 'production' || environment === undefined || !names.includes(environment)) return
    const path = [...stagesPath, i, 'environment']
    if (name === 'canary' && environment !== production) {
      const says = `is \`${environment}\`: canary and production are steps of one rollout`
      checked.report({ path, value: environment, allowed: production, says, nearest: production })
    } else if (name !== 'canary' && environment === production) {
      const says = 'is where the users are: a test stage would replace builds there without a canary'
      checked.report({ path, value: environment, allowed: `another environment than ${production}`, says })
    }
  })
}

function checkTimes(checked: Checked, { minimum, deadline, watchedFor }: PipelineSection, sliceMs: number): void {
  const share = [...root, 'minimum', 'share']
  if (minimum.share >= deadline && !checked.isJudged(share) && !checked.isJudged([...root, 'deadline'])) {
    const allowed = `less than \`pipeline.deadline\`, ${formatDuration(deadline)}`
    checked.report({
      path: share,
      value: formatDuration(minimum.share),
      allowed,
      says: 'is never over before the deadline',
    })
  }
  const watched = [...root, 'watchedFor']
  if (watchedFor < 2 * sliceMs && !checked.isJudged(watched) && !checked.isJudged(['analysis', 'slice'])) {
    const allowed = `at least two slices, ${formatDuration(2 * sliceMs)}`
    const says = 'would end before a slice is judged'
    checked.report({
      path: watched,
      value: formatDuration(watchedFor),
      allowed,
      says,
      nearest: formatDuration(2 * sliceMs),
    })
  }
}
