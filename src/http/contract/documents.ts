import { z } from 'zod'
import { errorCatalogue, type ErrorCode } from '../../domain/errors.ts'
import { holdRules, type HoldRule } from '../../domain/holds.ts'
import { doorSchema, layerSchema, policySchema, settingSchema, storeSchema } from './catalogDocuments.ts'
import type {
  ExplainDocument,
  HoldDocument,
  PlanDocument,
  PromotionDocument,
  ReplayDocument,
  SliceDocument,
  StatusDocument,
  TrafficDocument,
} from '../../engine/api.ts'

/** Instants are ISO 8601 with milliseconds, in UTC. */
const instant = z.string().describe('ISO 8601 with milliseconds')
const fraction = z.number().describe('a fraction: 0.05 is 5 %')
const count = z.number().int().nonnegative()

const codes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]]
const rules = Object.keys(holdRules) as [HoldRule, ...HoldRule[]]

const hold = z.object({
  rule: z.enum(rules),
  on: z.string(),
  since: instant,
  until: instant.nullable(),
  text: z.string(),
  help: z.string(),
})
export const holdSchema: z.ZodType<HoldDocument> = hold
export const heldPromotionSchema = hold.extend({ promotion: z.string() })

/** Every answer that is not 2xx: RFC 9457. */
export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.enum(codes),
  detail: z.string(),
  help: z.string(),
  retry: z.enum(['never', 'later']),
  requestId: z.string(),
  holds: z.array(holdSchema).optional(),
  problems: z.array(z.unknown()).optional(),
})
export type ProblemDocument = z.infer<typeof problemSchema>

export const aboutSchema = z.object({
  version: z.string(),
  home: z.string(),
  /** What a command of this installation needs to find it: empty when its home is the default one. */
  options: z.array(z.string()),
  /** Started by `demo`: its builds are there to be tried. */
  demo: z.boolean(),
})
export type AboutDocument = z.infer<typeof aboutSchema>

export const buildSchema = z.object({
  digest: z.string(),
  /** The newest name, or in an answer to `POST` the one that was given. */
  name: z.string(),
  names: z.array(z.string()),
  service: z.string(),
  command: z.string(),
  commit: z.string().nullable(),
  about: z.string().optional(),
  addedAt: instant,
})
export type BuildDocument = z.infer<typeof buildSchema>

const arm = z.object({ requests: count, bad: count })

/** Evidence starts at 1. For latency `bad` counts requests slower than `thresholdMs`; of the control, than `controlThresholdMs`. */
const metric = z.object({
  name: z.string(),
  harm: z.number(),
  health: z.number(),
  canary: arm,
  control: arm,
  tolerated: fraction,
  thresholdMs: z.number().exactOptional(),
  controlThresholdMs: z.number().exactOptional(),
})

const stage = z.object({
  name: z.string(),
  phase: z.enum(['pending', 'running', 'passed', 'failed']),
  startedAt: instant.exactOptional(),
  endedAt: instant.exactOptional(),
  tests: z.array(
    z.object({ name: z.string(), kind: z.string(), passed: z.boolean(), ms: z.number(), text: z.string() }),
  ),
})

const rollout = z.object({
  id: z.string(),
  environment: z.string(),
  phase: z.string(),
  since: instant,
  plan: z.object({
    steps: z.array(
      z.object({
        kind: z.enum(['share', 'hosts']),
        share: fraction.exactOptional(),
        hosts: count.exactOptional(),
        minimumMs: z.number(),
      }),
    ),
    step: count.describe('index into `steps`; as many as there are while it bakes'),
    bakeMs: z.number(),
    deadlineMs: z.number(),
    keepsPrevious: z.boolean(),
  }),
  layer: z.string(),
  share: z.object({ set: fraction, seen: fraction }),
  hosts: z.object({ total: count, onNew: count }),
  arms: z.object({ stable: arm, canary: arm, baseline: arm }),
  verdict: z.enum(['pass', 'fail', 'not-enough-data', 'cannot-see']),
  evidence: z
    .object({
      harm: z.number().describe('evidence of harm: 1 is none; it goes back at `limit`'),
      limit: z.number(),
      proof: z.number().describe('evidence for health at which a metric is proven'),
      worst: z.string(),
      metrics: z.array(metric),
      guards: z.object({ errors: fraction, latencyP99Ms: z.number(), memoryBytes: z.number() }).exactOptional(),
    })
    .exactOptional(),
  judged: z.object({ ms: z.number(), minimumMs: z.number() }).exactOptional(),
})

const result = z.object({
  outcome: z.enum(['done', 'rolled-back', 'aborted']),
  stage: z.string(),
  cause: z.string().exactOptional(),
  metric: z.string().exactOptional(),
  text: z.string(),
  canary: arm.exactOptional(),
  control: arm.exactOptional(),
  tolerated: z.number().exactOptional(),
  at: z.object({
    firstBad: instant.exactOptional(),
    decided: instant.exactOptional(),
    applied: instant.exactOptional(),
    lastServed: instant.exactOptional(),
  }),
})

export const promotionSchema: z.ZodType<PromotionDocument> = z.object({
  id: z.string(),
  service: z.string(),
  candidate: z.object({
    digest: z.string(),
    builds: z.record(z.string(), z.object({ name: z.string(), digest: z.string() })),
  }),
  kind: z.enum(['deploy', 'rollback']),
  emergency: z
    .object({ reason: z.string(), incident: z.string(), closedBy: z.string().exactOptional() })
    .exactOptional(),
  phase: z
    .enum(['waiting', 'moving', 'done', 'rolling-back', 'rolled-back', 'aborted', 'superseded'])
    .describe('`superseded` is reserved: nothing leads there yet.'),
  stage: z.string(),
  requestedBy: z.string(),
  requestedAt: instant,
  endedAt: instant.exactOptional(),
  stages: z.array(stage),
  replaces: z.object({ name: z.string(), digest: z.string() }).exactOptional(),
  rollout: rollout.exactOptional(),
  holds: z.array(holdSchema),
  result: result.exactOptional(),
})

export const alreadySchema = z.object({
  already: z.literal(true),
  service: z.string(),
  build: z.object({ name: z.string(), digest: z.string() }),
  text: z.string(),
})
export type AlreadyDocument = z.infer<typeof alreadySchema>

const host = z.object({
  id: z.string(),
  build: z.string(),
  digest: z.string(),
  pid: z.number().int().nullable(),
  startedAt: instant.nullable(),
  ready: z.boolean(),
  layer: z.string(),
  instance: z.string(),
  failure: z.string().optional().describe('Why it cannot run, while it is not ready.'),
})

const environment = z.object({
  name: z.string(),
  front: z.string(),
  services: z.array(
    z.object({
      name: z.string(),
      owner: z.string(),
      stable: z.string(),
      digest: z.string(),
      olderSettings: z
        .array(z.string())
        .readonly()
        .optional()
        .describe('Settings that its hosts have otherwise than the configuration says; a deploy ships them.'),
      hosts: z.array(host),
      kept: z.array(host),
    }),
  ),
})

export const statusSchema: z.ZodType<StatusDocument> = z.object({
  stages: z.array(
    z.object({ name: z.string(), kind: z.enum(['test', 'canary', 'production']), environment: z.string() }),
  ),
  environments: z.array(environment),
  gateways: z.array(
    z.object({
      id: z.string(),
      pid: z.number().int().nullable(),
      generation: z.number().int().nullable(),
      silent: z.boolean(),
    }),
  ),
  moving: z.array(z.object({ promotion: z.string(), service: z.string(), stage: z.string(), text: z.string() })),
})

const sliceArm = arm.extend({
  p50: z.number().nullable().describe('ms'),
  p90: z.number().nullable(),
  p99: z.number().nullable(),
})
export const sliceSchema: z.ZodType<SliceDocument> = z.object({
  at: instant,
  n: z.number().int().describe('number of its last cell: pass it as `after`'),
  step: count,
  canary: sliceArm,
  baseline: sliceArm,
  stable: sliceArm,
})
export type Slice = z.infer<typeof sliceSchema>

export const trafficSchema: z.ZodType<TrafficDocument> = z.object({
  services: z.array(
    z.object({
      environment: z.string(),
      service: z.string(),
      requests: z.array(count).describe('the last 60 seconds, oldest first'),
      bad: z.array(count),
    }),
  ),
})
export type TrafficNow = z.infer<typeof trafficSchema>

export const planSchema: z.ZodType<PlanDocument> = z.object({
  canTell: z.boolean(),
  text: z.string(),
  stages: z.array(
    z.object({
      name: z.string(),
      requests: z.number(),
      minutes: z.number(),
      finds: z.array(z.object({ metric: z.string(), from: z.number(), to: z.number(), minutes: z.number() })),
    }),
  ),
  wayBack: z.object({ open: z.boolean(), ms: z.number(), text: z.string() }),
})

export const explainSchema: z.ZodType<ExplainDocument> = z.object({
  service: z.string().nullable(),
  environment: z.string(),
  layer: z.string().nullable(),
  build: z.string().nullable(),
  host: z.string().nullable(),
  status: z.number().int(),
  why: z.array(z.object({ rule: z.string(), text: z.string() })),
})

export const replaySchema: z.ZodType<ReplayDocument> = z.object({
  identical: z.boolean(),
  decisions: count,
  slices: count,
  difference: z.object({ at: z.number(), recorded: z.string(), replayed: z.string() }).exactOptional(),
})

export const eventSchema = z.object({
  id: z.number().int().positive(),
  at: instant,
  actor: z.string(),
  kind: z.string(),
  on: z.string(),
  promotion: z.string().optional(),
  service: z.string().optional(),
  environment: z.string().optional(),
  text: z.string(),
  data: z.record(z.string(), z.unknown()),
})
export type EventDocument = z.infer<typeof eventSchema>

export const serviceSchema = z.object({
  name: z.string(),
  owner: z.string(),
  /** The working folder that `deploy` snapshots. */
  from: z.string(),
  run: z.string(),
  pages: z.boolean(),
  routes: z.array(z.unknown()),
  dependencies: z.array(z.string()),
  /** Services that have it among their dependencies. */
  callers: z.array(z.string()),
  settings: z.array(settingSchema),
  /** Names of settings that it may be given, and whether it needs them. */
  wants: z.record(z.string(), z.enum(['required', 'optional'])),
  data: z.array(storeSchema),
  tests: z.array(z.object({ name: z.string(), kind: z.string() })),
  environments: z.array(
    z.object({ name: z.string(), stable: z.string(), digest: z.string(), hosts: z.array(host), kept: z.array(host) }),
  ),
  /** Newest first, at most 20. */
  promotions: z.array(promotionSchema),
})
export type ServiceDocument = z.infer<typeof serviceSchema>

export const environmentSchema = environment.extend({
  hosts: z.record(z.string(), z.number()),
  differs: z.record(z.string(), z.string()),
  /** When an answer says which build it is of. */
  servedBy: z.enum(['always', 'keyed', 'never']),
  doors: z.array(doorSchema),
  layers: z.array(layerSchema),
  policy: policySchema,
  settings: z.array(settingSchema),
  data: z.array(storeSchema),
})
export type EnvironmentDocument = z.infer<typeof environmentSchema>

export const diffSchema = z.object({
  a: z.object({ digest: z.string(), name: z.string() }),
  b: z.object({ digest: z.string(), name: z.string() }),
  files: z.array(
    z.object({
      path: z.string(),
      change: z.enum(['added', 'removed', 'changed']),
      /** A unified diff; absent for what is no small text, then `note` says why. */
      text: z.string().optional(),
      note: z.string().optional(),
    }),
  ),
  /** More files differ than are listed. */
  truncated: z.boolean(),
})
export type DiffDocument = z.infer<typeof diffSchema>

export type Promotion = z.infer<typeof promotionSchema>
export type Status = z.infer<typeof statusSchema>
export type Plan = z.infer<typeof planSchema>
export type Explanation = z.infer<typeof explainSchema>
export type Replay = z.infer<typeof replaySchema>
export type HeldPromotion = z.infer<typeof heldPromotionSchema>
