import type { EventDocument } from '../../../src/http/contract/documents.ts'

/** What events can be narrowed to by kind: a word for people, and the kinds that it stands for. */
export const kindGroups: Readonly<Record<string, RegExp>> = {
  'asked for': /requested$|^hold\.|^emergency\./,
  ends: /^promotion\.(?:done|rolled-back|aborted)$/,
  'came home': /rolling-back$|rolled-back$|aborted$|failed$/,
  steps: /^(?:rollout|stage|promotion\.moving)/,
  tests: /^test\./,
  'builds and configuration': /^(?:build|configuration)\./,
}

export interface Narrowing {
  readonly service?: string
  readonly kind?: string
  readonly who?: 'people' | 'engine'
}

/** The events that fit, in their order. A kind that is not known narrows nothing. */
export function narrowEvents(events: readonly EventDocument[], narrowing: Narrowing): readonly EventDocument[] {
  const { service, kind, who } = narrowing
  const pattern = kind === undefined ? undefined : kindGroups[kind]
  return events.filter(
    (event) =>
      (service === undefined || event.service === service) &&
      (pattern === undefined || pattern.test(event.kind)) &&
      (who === undefined || (event.actor === 'engine') === (who === 'engine')),
  )
}
