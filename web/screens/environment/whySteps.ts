import type { SeenRequest } from '../../../src/http/contract/catalogDocuments.ts'

export interface WhyStep {
  readonly rule: string
  readonly text: string
  /** `hit` decided, `deny` refused, `skip` was asked and did not answer, `step` led on. */
  readonly look: 'hit' | 'deny' | 'skip' | 'step'
}

const passedBy: ReadonlySet<string> = new Set(['pool-dead', 'unwatched', 'key-unknown', 'key-expired'])

/** The resolver's steps as they were; the last that decided where it goes is filled, a refusal by the gateway comes after it. */
export function whySteps({
  why,
  refused,
  service,
}: Pick<SeenRequest, 'why' | 'refused' | 'service'>): readonly WhyStep[] {
  const deciding = refused === null ? why.findLastIndex(({ rule }) => !passedBy.has(rule)) : -1
  const steps = why.map(({ rule, text }, index): WhyStep => {
    if (index === deciding) return { rule, text, look: 'hit' }
    return { rule, text, look: passedBy.has(rule) ? 'skip' : 'step' }
  })
  if (refused === null) return steps
  return [
    ...steps,
    { rule: refused, text: refusals[refused] ?? `the gateway itself answered for ${service}`, look: 'deny' },
  ]
}

const refusals: Readonly<Record<string, string>> = {
  'no-route': 'no service of this environment has the path',
  egress: 'it may not leave this environment',
  'strict-key': 'its key is unknown at a door that wants a known one',
  malformed: 'it is no valid request',
  'head-too-large': 'its head is larger than the gateway takes',
  'body-too-large': 'its body is larger than the gateway takes',
  'too-slow': 'it was not sent within the time that the gateway waits',
  overloaded: 'more requests were open than the gateway carries',
  'no-host': 'no host of the service could take it',
  'upstream-failed': 'the host ended the connection before it had answered',
  'upstream-timeout': 'the host did not answer in time',
}

/** Who answered what, as one sentence. */
export function sayAnswer(request: SeenRequest): string {
  const { service, layer, host, status, refused } = request
  if (refused !== null) {
    const saw = host === null ? `${service} never saw it` : `host ${host} of ${service} had it`
    return `The gateway itself answered ${status}: ${refusals[refused] ?? refused}. ${saw}.`
  }
  const who = layer === null || layer === 'stable' ? service : `The ${layer} of ${service}`
  return `${who} answered ${status}${host === null ? '' : ` on host ${host}`}.`
}

/** It counts against a build: the service or the gateway failed. */
export function isBad({ status }: Pick<SeenRequest, 'status'>): boolean {
  return status >= 500 || status === 0
}

/** Which of the requests of a page it is: one id goes through all services that a visit meets. */
export function requestKey({ id, service, at, ms }: Pick<SeenRequest, 'id' | 'service' | 'at' | 'ms'>): string {
  return `${id}~${service}~${Date.parse(at).toString(36)}~${ms}`
}
