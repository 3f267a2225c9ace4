import type { Demo } from './demo.ts'

/** Asks for a deploy over the API; returns its id. @throws with what the API answered when it refuses. */
export async function requestDeploy(
  demo: Demo,
  body: {
    readonly service: string
    readonly build: string
    readonly stage?: string
    readonly emergency?: { readonly reason: string; readonly incident: string }
  },
): Promise<string> {
  const answer = await demo.api().post('/promotions', body)
  const { id } = answer.body as { readonly id?: string }
  if (answer.status >= 300 || id === undefined)
    throw new Error(`POST /promotions ${JSON.stringify(body)}: ${answer.status} ${answer.text}`)
  return id
}
