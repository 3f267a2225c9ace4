import type { Ask, Plan } from './plan.ts'
import { makeUserNames } from './userNames.ts'
import { pickWeighted } from './weighted.ts'

export interface PlannedRequest {
  /** When it is sent, counted from the start of the visit. */
  readonly afterMs: number
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Returns what makes one visit after the other: a user with a language and a user agent, and what that user asks. */
export function openVisitMaker(plan: Plan, random: () => number): () => readonly PlannedRequest[] {
  const users = makeUserNames(plan.users.names, plan.users.notAscii).map((name) => ({
    name,
    encoded: encodeURIComponent(name),
  }))
  let number = 0
  const choose = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)]

  function planRequest(ask: Ask, afterMs: number, name: string, visitor: Readonly<Record<string, string>>) {
    number += 1
    const fill = (text: string) => fillIn(text, name, number, random)
    const write = random() < plan.writes ? ask.write : undefined
    const { method, path } = write ?? ask.read
    const line = { afterMs, method, path: fill(path) }
    if (!write || ask.body === undefined) return { ...line, headers: visitor }
    const body = JSON.stringify(fillBody(ask.body, fill))
    return { ...line, headers: { ...visitor, 'content-type': 'application/json' }, body }
  }

  return () => {
    const user = choose(users)
    const visitor = {
      'x-user': user?.encoded ?? '',
      'accept-language': pickWeighted(plan.languages, random()),
      'user-agent': choose(plan.userAgents) ?? '',
    }
    let afterMs = 0
    return plan.visit.map((asks, n) => {
      if (n > 0) afterMs += random() * plan.thinkMs
      return planRequest(pickWeighted(asks, random()), afterMs, user?.name ?? '', visitor)
    })
  }
}

function fillIn(text: string, user: string, number: number, random: () => number): string {
  if (!text.includes('{')) return text
  return text
    .replaceAll(/\{(\d+)-(\d+)\}/g, (_, from: string, to: string) =>
      String(Number(from) + Math.floor(random() * (Number(to) - Number(from) + 1))),
    )
    .replaceAll('{user}', user)
    .replaceAll('{number}', String(number))
}

function fillBody(body: unknown, fill: (text: string) => string): unknown {
  if (typeof body === 'string') return /^\{\d+-\d+\}$/.test(body) ? Number(fill(body)) : fill(body)
  if (Array.isArray(body)) return body.map((part) => fillBody(part, fill))
  if (typeof body !== 'object' || body === null) return body
  return Object.fromEntries(Object.entries(body).map(([name, part]) => [name, fillBody(part, fill)]))
}
