import { z } from 'zod'
import {
  aboutSchema,
  alreadySchema,
  buildSchema,
  diffSchema,
  environmentSchema,
  eventSchema,
  explainSchema,
  heldPromotionSchema,
  planSchema,
  promotionSchema,
  replaySchema,
  serviceSchema,
  sliceSchema,
  statusSchema,
  trafficSchema,
} from './documents.ts'
import { hourSliceSchema, seenRequestSchema } from './catalogDocuments.ts'
import type { Route } from './route.ts'

export const apiBase = '/api/v1'

const word = z.string().min(1).max(200)
const words = z.string().min(1).max(2_000)
const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^[0-9]{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(least).max(most))

const id = z.strictObject({ id: word })
const name = z.strictObject({ name: word })
const list = z.strictObject({ service: word.optional(), limit: whole(1, 1_000).optional() })
const reason = z.strictObject({ reason: words.optional() })

/** Every route, once: registration, OpenAPI and the answer to a wrong method all come from here. */
export const routes = {
  health: {
    method: 'GET',
    path: '/healthz',
    base: 'both',
    access: 'none',
    summary: 'The process answers.',
    answers: { 200: z.object({ ok: z.literal(true) }) },
  },
  ready: {
    method: 'GET',
    path: '/readyz',
    base: 'both',
    access: 'none',
    summary: 'Doors are known and every gateway has the table; else 503.',
    answers: { 200: z.object({ ready: z.boolean(), text: z.string() }) },
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    base: 'root',
    access: 'read',
    summary: 'Metrics of the control plane, in the Prometheus text format.',
    answers: { 200: 'text/plain' },
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    base: 'api',
    access: 'none',
    summary: 'This document.',
    answers: { 200: 'application/json' },
  },

  about: {
    method: 'GET',
    path: '/about',
    base: 'api',
    access: 'read',
    summary: 'What answers here: its version, its home, what a command needs to find it, and whether it is the demo.',
    answers: { 200: aboutSchema },
  },

  listBuilds: {
    method: 'GET',
    path: '/builds',
    base: 'api',
    access: 'read',
    summary: 'Builds, newest first.',
    query: z.strictObject({ service: word.optional() }),
    answers: { 200: z.object({ builds: z.array(buildSchema) }) },
  },
  addBuild: {
    method: 'POST',
    path: '/builds',
    base: 'api',
    access: 'change',
    summary: 'Snapshots a folder of this machine; 200 when the same content was there already.',
    body: z.strictObject({
      service: word,
      from: words,
      command: z.string().min(1).max(10_000).optional(),
      name: word.optional(),
      commit: word.optional(),
      about: words.optional(),
    }),
    answers: { 201: buildSchema, 200: buildSchema },
  },
  diffBuilds: {
    method: 'GET',
    path: '/builds/{a}/diff/{b}',
    base: 'api',
    access: 'read',
    summary: 'The files in which two builds differ.',
    params: z.strictObject({ a: word, b: word }),
    query: z.strictObject({ service: word.optional() }),
    answers: { 200: diffSchema },
  },

  listPromotions: {
    method: 'GET',
    path: '/promotions',
    base: 'api',
    access: 'read',
    summary: 'Promotions, newest first.',
    query: list,
    answers: { 200: z.object({ promotions: z.array(promotionSchema) }) },
  },
  startPromotion: {
    method: 'POST',
    path: '/promotions',
    base: 'api',
    access: 'change',
    summary:
      'Sends a build on its way; 200 with `already` when it runs everywhere; 409 with `holds` when it may not move.',
    body: z.strictObject({
      service: word,
      build: word,
      stage: word.optional(),
      emergency: z.strictObject({ reason: words, incident: word }).optional(),
    }),
    answers: { 201: promotionSchema, 200: alreadySchema },
  },
  getPromotion: {
    method: 'GET',
    path: '/promotions/{id}',
    base: 'api',
    access: 'read',
    summary: 'One promotion.',
    params: id,
    answers: { 200: promotionSchema },
  },
  abortPromotion: {
    method: 'POST',
    path: '/promotions/{id}/abort',
    base: 'api',
    access: 'change',
    summary: 'Takes it back now.',
    params: id,
    body: reason,
    answers: { 200: promotionSchema },
  },
  retryPromotion: {
    method: 'POST',
    path: '/promotions/{id}/retry',
    base: 'api',
    access: 'change',
    summary: 'Tries the present stage again.',
    params: id,
    body: reason,
    answers: { 200: promotionSchema },
  },
  passPromotion: {
    method: 'POST',
    path: '/promotions/{id}/pass',
    base: 'api',
    access: 'change',
    summary: 'Passes the hold of a deadline, on your word.',
    params: id,
    body: z.strictObject({ reason: words }),
    answers: { 200: promotionSchema },
  },
  promotionSeries: {
    method: 'GET',
    path: '/promotions/{id}/series',
    base: 'api',
    access: 'read',
    summary: 'What the arms answered, slice by slice, oldest first; `after` gives what is newer than that cell.',
    params: id,
    query: z.strictObject({
      slice: whole(1, 600).optional(),
      after: z
        .string()
        .regex(/^-?[0-9]{1,15}$/, 'must be a whole number')
        .transform(Number)
        .optional(),
    }),
    answers: { 200: z.object({ series: z.array(sliceSchema) }) },
  },
  promotionRequests: {
    method: 'GET',
    path: '/promotions/{id}/requests',
    base: 'api',
    access: 'read',
    summary: 'Recent failed and sampled requests of its service.',
    params: id,
    answers: { 200: z.object({ requests: z.array(z.unknown()) }) },
  },
  promotionTests: {
    method: 'GET',
    path: '/promotions/{id}/tests',
    base: 'api',
    access: 'read',
    summary: 'Results of the tests, with their stages.',
    params: id,
    answers: { 200: z.object({ tests: z.array(z.unknown()) }) },
  },
  replayPromotion: {
    method: 'GET',
    path: '/promotions/{id}/replay',
    base: 'api',
    access: 'read',
    summary: 'Decides again from the stored observations and compares.',
    params: id,
    answers: { 200: replaySchema },
  },
  startRollback: {
    method: 'POST',
    path: '/rollbacks',
    base: 'api',
    access: 'change',
    summary: 'Takes a service back in one shift: what moves, else to the build before or the one named.',
    body: z.strictObject({ service: word, to: word.optional(), reason: words.optional() }),
    answers: { 201: promotionSchema },
  },

  getService: {
    method: 'GET',
    path: '/services/{name}',
    base: 'api',
    access: 'read',
    summary: 'One service: how it runs, where it is, what happened to it.',
    params: name,
    answers: { 200: serviceSchema },
  },
  planService: {
    method: 'GET',
    path: '/services/{name}/plan',
    base: 'api',
    access: 'read',
    summary: 'What a promotion of the build would find when, and what the way back costs.',
    params: name,
    query: z.strictObject({ build: word }),
    answers: { 200: planSchema },
  },
  serviceSeries: {
    method: 'GET',
    path: '/services/{name}/series',
    base: 'api',
    access: 'read',
    summary:
      'What a service answered in an environment in the last hour, in slices of 10 s, oldest first; after a start of the control plane from the oldest second that it read again.',
    params: name,
    query: z.strictObject({ environment: word }),
    answers: { 200: z.object({ series: z.array(hourSliceSchema) }) },
  },
  getEnvironment: {
    method: 'GET',
    path: '/environments/{name}',
    base: 'api',
    access: 'read',
    summary: 'One environment: doors, layers, hosts, policy, settings (never secrets), data stores.',
    params: name,
    answers: { 200: environmentSchema },
  },
  environmentRequests: {
    method: 'GET',
    path: '/environments/{name}/requests',
    base: 'api',
    access: 'read',
    summary:
      'Recent requests, newest first, each with the steps that brought it where it went: of each service the last 1,000 failed ones, and of the others at most 20 a second.',
    params: name,
    query: z.strictObject({
      service: word.optional(),
      failed: z.enum(['0', '1']).optional(),
      limit: whole(1, 1_000).optional(),
    }),
    answers: { 200: z.object({ requests: z.array(seenRequestSchema) }) },
  },
  status: {
    method: 'GET',
    path: '/status',
    base: 'api',
    access: 'read',
    summary: 'What runs where, and what moves.',
    answers: { 200: statusSchema },
  },
  traffic: {
    method: 'GET',
    path: '/traffic',
    base: 'api',
    access: 'read',
    summary: 'What each service answered in the last minute, second by second.',
    answers: { 200: trafficSchema },
  },
  holds: {
    method: 'GET',
    path: '/holds',
    base: 'api',
    access: 'read',
    summary: 'Why whatever does not move does not move.',
    answers: { 200: z.object({ holds: z.array(heldPromotionSchema) }) },
  },
  logs: {
    method: 'GET',
    path: '/logs',
    base: 'api',
    access: 'read',
    summary:
      'The last lines that the instances of a service wrote; with `promotion` those that it started, also after they were removed.',
    query: z.strictObject({
      service: word,
      environment: word.optional(),
      host: word.optional(),
      promotion: word.optional(),
      lines: whole(1, 5_000).optional(),
    }),
    answers: { 200: z.object({ lines: z.array(z.string()) }) },
  },
  events: {
    method: 'GET',
    path: '/events',
    base: 'api',
    access: 'read',
    summary:
      'Events after a number, oldest first; with `Accept: text/event-stream` the stream, resumed by `Last-Event-ID`. `live=1` adds the documents that change; `promotion` gives those of one promotion.',
    query: z.strictObject({
      after: whole(0, Number.MAX_SAFE_INTEGER).optional(),
      limit: whole(1, 1_000).optional(),
      live: z.enum(['0', '1']).optional(),
      promotion: word.optional(),
    }),
    answers: { 200: z.object({ events: z.array(eventSchema), last: z.number().int() }) },
  },
  explain: {
    method: 'POST',
    path: '/explain',
    base: 'api',
    access: 'read',
    summary: 'Where a request would go, and why.',
    body: z.strictObject({
      method: word,
      url: z.string().min(1).max(8_000),
      headers: z.record(z.string().max(200), z.string().max(8_000)).optional(),
    }),
    answers: { 200: explainSchema },
  },
  applyOrganisation: {
    method: 'POST',
    path: '/organisation',
    base: 'api',
    access: 'change',
    summary:
      'Applies a configuration file of this machine as one revision, all or nothing; without `path` the one that is in use, as it is now.',
    body: z.strictObject({ path: words.optional() }),
    answers: { 200: z.object({ revision: z.string(), changed: z.boolean() }) },
  },

  startSessionCode: {
    method: 'POST',
    path: '/session/codes',
    base: 'api',
    access: 'change',
    summary: 'Makes a one-time code for a browser.',
    body: z.strictObject({}),
    answers: { 201: z.object({ code: z.string(), url: z.string(), expiresAt: z.string() }) },
  },
  startSession: {
    method: 'POST',
    path: '/session',
    base: 'api',
    access: 'none',
    summary: 'Trades a one-time code for a session cookie.',
    body: z.strictObject({ code: word }),
    answers: { 200: z.object({ expiresAt: z.string() }) },
  },
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof routes
