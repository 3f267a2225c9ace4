import { z } from 'zod'
import type {
  DoorDocument,
  HourSliceDocument,
  LayerDocument,
  NewestSlicesDocument,
  SeenRequestDocument,
} from '../../engine/catalogDocuments.ts'

const instant = z.string().describe('ISO 8601 with milliseconds')
const count = z.number().int().nonnegative()
const quantile = z.number().nullable().describe('ms; null without requests')

export const settingSchema = z.object({
  environment: z.string(),
  service: z.string(),
  name: z.string(),
  value: z.string().exactOptional(),
  secret: z.string().describe('where it is read from at the start of an instance, never what it is').exactOptional(),
})
export type SettingDocument = z.infer<typeof settingSchema>

export const storeSchema = z.object({
  service: z.string(),
  name: z.string(),
  kind: z.string(),
  access: z.enum(['none', 'read', 'write']),
  migrate: z.string().exactOptional(),
  seed: z.string().exactOptional(),
})
export type StoreDocument = z.infer<typeof storeSchema>

export const doorSchema: z.ZodType<DoorDocument> = z.object({
  id: z.string(),
  kind: z.enum(['front', 'back']),
  address: z.string(),
  caller: z.string().nullable().describe('the service that calls through it; null at a front door'),
})

export const layerSchema: z.ZodType<LayerDocument> = z.object({
  service: z.string(),
  name: z.string(),
  who: z.enum(['everyone', 'share']),
  share: z.number().describe('a fraction: 0.05 is 5 %; 1 for everyone'),
  build: z.object({ name: z.string(), digest: z.string() }),
  hosts: count,
  watched: z.boolean().describe('it goes back to stable when nobody watches it'),
})

export const policySchema = z.object({
  egress: z.enum(['none']).describe('what may leave the environment'),
  stages: z
    .array(
      z.object({
        name: z.string(),
        kind: z.enum(['test', 'canary', 'production']),
        shares: z.array(z.number()).exactOptional(),
        batch: z.number().describe('fraction of the hosts that one batch replaces').exactOptional(),
        keepsPrevious: z.boolean().exactOptional(),
        minimumMs: z.number().describe('at each share or batch').exactOptional(),
      }),
    )
    .describe('those that happen here, in their order'),
  bakeMs: z.number(),
  deadlineMs: z.number().describe('per share; then a hold for a person'),
  watchedForMs: z.number().describe('a share that nobody watches goes back after it'),
  guards: z.object({
    errors: z.number().describe('a fraction'),
    latencyP99Ms: z.number(),
    memoryBytes: z.number(),
    crashes: z.object({ times: count, withinMs: z.number() }),
  }),
  overriddenBy: z.array(z.string()).describe('services that have values of their own'),
})
export type PolicyDocument = z.infer<typeof policySchema>

export const seenRequestSchema: z.ZodType<SeenRequestDocument> = z.object({
  id: z.string(),
  at: instant.describe('when it ended'),
  method: z.string(),
  route: z.string().describe('stands for the path, which is nobody’s business'),
  status: z.number().int(),
  ms: z.number(),
  caller: z.string().nullable().describe('the calling service; null: from outside'),
  environment: z.string(),
  service: z.string(),
  layer: z.string().nullable(),
  host: z.string().nullable(),
  refused: z.string().nullable().describe('rule of the gateway’s own answer; null: the service answered'),
  why: z
    .array(z.object({ rule: z.string(), text: z.string() }))
    .describe('steps of the resolver, as they were when it was routed'),
})
export type SeenRequest = z.infer<typeof seenRequestSchema>

const slice = { requests: count, bad: count, p50: quantile, p90: quantile, p99: quantile }

export const hourSliceSchema: z.ZodType<HourSliceDocument> = z.object({ at: instant, ...slice })
export type HourSlice = z.infer<typeof hourSliceSchema>

/** Pushed by the event stream whenever a slice has ended. */
export type NewestSlices = NewestSlicesDocument
