import { resolve, type Resolution } from '../domain/routing/resolve.ts'
import type { IndexedDoor, IndexedService } from '../domain/routing/routeIndex.ts'
import type { Explanation } from '../domain/routing/why.ts'
import { refusalStatus } from '../domain/routing/why.ts'
import { admit } from './admission.ts'
import type { DataPlane } from './dataPlane.ts'
import { layerState } from './pools.ts'
import { RequestHead } from './requestHead.ts'
import { newSession, sessionDraw, sessionOf } from './sessionDraw.ts'

export interface ExplainQuestion {
  readonly method: string
  /** A path, or a whole URL whose port then names the door. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly door?: string
  /** In [0, 1); absent: by session or chance, as for a real request. */
  readonly draw?: number
}

export type Explained =
  | { readonly ok: true; readonly explanation: Explanation }
  | { readonly ok: false; readonly problem: string }

function findDoor(plane: DataPlane, question: ExplainQuestion): IndexedDoor | undefined {
  const { doors } = plane.index
  if (question.door !== undefined) return doors.get(question.door)
  const port = /^https?:\/\/[^/]*:(\d+)(?:[/?]|$)/i.exec(question.url)?.[1]
  for (const door of doors.values()) {
    if (port === undefined ? door.door.kind === 'front' : door.door.port === Number(port)) return door
  }
  return undefined
}

function headOf(door: IndexedDoor, headers: Readonly<Record<string, string>>): RequestHead {
  const raw = Object.entries(headers).flat()
  const hasHost = Object.keys(headers).some((name) => name.toLowerCase() === 'host')
  return new RequestHead(hasHost ? raw : [...raw, 'host', `127.0.0.1:${door.door.port}`], door.door.kind === 'front')
}

/** Answers what would happen to a request, by the same steps that a real one takes. */
export function explainRequest(plane: DataPlane, question: ExplainQuestion): Explained {
  const door = findDoor(plane, question)
  if (door === undefined) {
    const doors = [...plane.index.doors.keys()].join(', ') || 'none'
    return { ok: false, problem: `no door for ${JSON.stringify(question.door ?? question.url)}; doors: ${doors}` }
  }
  const head = headOf(door, question.headers)
  const admission = admit(door, head, question.url, '1.1')
  if (!admission.ok) return { ok: true, explanation: refusedExplanation(door, admission.text) }
  const { path, host, key } = admission.admitted
  const draw = (service: IndexedService, bySession: boolean): number => {
    if (question.draw !== undefined) return question.draw
    return bySession ? sessionDraw(sessionOf(head.cookie) ?? newSession(), service.name) : Math.random()
  }
  const request = { method: question.method, host, path, nowMs: Date.now(), ...(key === undefined ? {} : { key }) }
  const resolution = resolve(door, request, draw, (layer) => layerState(plane.pools.layers, layer))
  return { ok: true, explanation: explanationOf(plane, door, resolution) }
}

function refusedExplanation(door: IndexedDoor, text: string): Explanation {
  return {
    service: null,
    environment: door.environment.name,
    layer: null,
    build: null,
    host: null,
    status: refusalStatus.malformed,
    refused: 'malformed',
    door: door.door.id,
    why: [{ rule: 'no-route', text }],
  }
}

function explanationOf(plane: DataPlane, door: IndexedDoor, resolution: Resolution): Explanation {
  const { why } = resolution
  if (resolution.kind === 'refused') {
    const { service, rule, status } = resolution
    const environment = service?.environment ?? door.environment.name
    return {
      service: service?.name ?? null,
      environment,
      layer: null,
      build: null,
      host: null,
      status,
      refused: rule,
      door: door.door.id,
      why,
    }
  }
  const { layer, service, environment, draw } = resolution
  return {
    service: service.name,
    environment,
    layer: layer.layer.name,
    build: layer.layer.build,
    host: plane.pools.layers[layer.number]?.peek()?.host ?? null,
    status: 200,
    door: door.door.id,
    ...(draw === undefined ? {} : { draw }),
    why,
  }
}
