import type { z } from 'zod'
import { choice, duration, isMap, leaf, listOf, literal, number, oneOf, percent, quantity, section } from './fields.ts'
import { reference } from './names.ts'
import { nearest } from '../domain/nearest.ts'
import { overridableFields } from './overridableFields.ts'

const day = 86_400_000

const pipelineFields = {
  share: () => quantity(duration, { min: 1_000, max: day }).describe('Judged time at each share of the canary.'),
  batch: () => quantity(duration, { min: 1_000, max: day }).describe('Judged time after each batch of hosts.'),
  bake: () => quantity(duration, { min: 1_000, max: day }).describe('Judged time once every host runs the new build.'),
  deadline: () =>
    quantity(duration, { min: 10_000, max: day }).describe('Longest time at one share; then it is held for a person.'),
  watchedFor: () =>
    quantity(duration, { min: 10_000, max: 600_000 }).describe(
      'A share that nobody judges for so long returns to the stable build by itself.',
    ),
}

/** `pipeline:` of the organisation. The name of a stage says what it is: `canary`, `production`, any other is a test stage. */
export function pipelineSchema() {
  const field = pipelineFields
  return section({
    stages: listOf(stageSchema(), 'stages', { min: 2, max: 20 })
      .prefault([
        { name: 'staging', environment: 'staging' },
        { name: 'canary', environment: 'production' },
        { name: 'production', environment: 'production' },
      ])
      .describe(
        'Every service goes through all of them, in this order: test stages, then `canary`, then `production`.',
      ),
    minimum: section({
      share: field.share().prefault('5m'),
      batch: field.batch().prefault('1m'),
      bake: field.bake().prefault('10m'),
    })
      .prefault({})
      .describe('Shortest times: sums of judged slices, so that no pause of the control plane counts.'),
    deadline: field.deadline().prefault('1h'),
    watchedFor: field.watchedFor().prefault('1m'),
    mayOverride: mayOverrideSchema()
      .prefault({})
      .describe('What a service may change under its own `pipeline:` or `analysis:`, and how far. Nothing else.'),
  })
}

/** `pipeline:` of a service. `stages` is known here only to say that it is not a service's to change. */
export function pipelineOverrideSchema() {
  const field = pipelineFields
  return section({
    minimum: section({
      share: field.share().optional(),
      batch: field.batch().optional(),
      bake: field.bake().optional(),
    })
      .optional()
      .describe('Shortest times of this service.'),
    deadline: field.deadline().optional(),
    watchedFor: field.watchedFor().optional(),
  })
}

export type PipelineSection = z.output<ReturnType<typeof pipelineSchema>>
export type StageSection = PipelineSection['stages'][number]
export type PipelineOverrideSection = z.output<ReturnType<typeof pipelineOverrideSchema>>

function stageSchema() {
  const environment = () => reference('the name of an environment').describe('Where the build enters.')
  const shares = listOf(quantity(percent, { min: 0.05, max: 0.1 }), 'percentages', { min: 1, max: 10 })
  const canary = literal('canary', '`canary`, the one stage with `shares`')
  const production = literal('production', '`production`, the one stage with `batch` and `keepPrevious`')
  const alternatives = [
    section({
      name: canary.describe('The new build beside a baseline of the same size.'),
      environment: environment(),
      shares: shares
        .prefault(['5%', '10%'])
        .describe('Shares of requests or sessions, ascending, each from 5% to 10%.'),
    }),
    section({
      name: production.describe('Hosts in batches, then a bake.'),
      environment: environment(),
      batch: quantity(percent, { min: 0.01, max: 1 })
        .prefault('25%')
        .describe('Share of the hosts that one batch replaces; at least one host.'),
      keepPrevious: choice('until-bake', 'none')
        .prefault('until-bake')
        .describe('How long replaced instances are kept, so that the way back is one shift of traffic.'),
    }),
    section({
      name: testStageName().describe('A stage that is left once every test of the service has passed.'),
      environment: environment(),
    }),
  ] as const
  return oneOf(alternatives, chooseStage)
}

/** By its name; a name that is none of the two may be a slip, which the other keys or a near word show. */
function chooseStage(input: unknown): number {
  const stage = isMap(input) ? input : {}
  const stageName = String(stage['name'])
  const byName = ['canary', 'production'].indexOf(stageName)
  if (byName >= 0) return byName
  if ('shares' in stage) return 0
  if ('batch' in stage || 'keepPrevious' in stage) return 1
  const meant = nearest(stageName, ['canary', 'production'])
  return meant === undefined ? 2 : ['canary', 'production'].indexOf(meant)
}

function testStageName() {
  const allowed = 'canary, production, or a name for a test stage: lower-case letters, digits, dashes'
  return leaf<string>(
    (input) => {
      const fits = typeof input === 'string' && input.length <= 40 && /^[a-z](?:-?[a-z0-9])*$/.test(input)
      if (fits && input !== 'canary' && input !== 'production') return { ok: true, value: input }
      return { ok: false, allowed }
    },
    { type: 'string', not: { enum: ['canary', 'production'] }, pattern: '^[a-z](?:-?[a-z0-9])*$', maxLength: 40 },
  )
}

function mayOverrideSchema() {
  const shape: Record<string, z.ZodOptional<ReturnType<typeof boundSchema>>> = {}
  for (const [path, { unit }] of overridableFields) {
    shape[path] = boundSchema(unit === undefined ? number({ min: 0, max: 1_000 }) : quantity(unit))
      .optional()
      .describe(`How far a service may change \`${path}\`.`)
  }
  return section(shape)
}

function boundSchema(value: ReturnType<typeof quantity>) {
  return section({
    from: value.optional().describe('Least value.'),
    to: value.optional().describe('Greatest value.'),
  })
}
