import type { Problem } from '../config/problem.ts'
import { CofferdamError } from '../domain/errors.ts'
import { invalidConfig } from './invalidConfig.ts'

const withinMs = 30_000
const lookEveryMs = 100

/**
 * Has a control plane apply a file that runs already: it was started with the file as it was then, or with another one.
 *
 * @throws `invalid-config` when it refuses the file, for example because something that runs is missing in it.
 */
export async function applyConfiguration(api: string, token: string, path: string): Promise<void> {
  const answer = await ask(api, token, path)
  if (answer.ok) return
  const { detail, problems } = (await answer.json()) as { detail: string; problems?: readonly Problem[] }
  if (problems !== undefined) throw invalidConfig(path, problems)
  throw new CofferdamError('bug', `what runs was adopted, but ${path} was not applied: ${detail}`)
}

/** One that has just died is started again meanwhile. */
async function ask(api: string, token: string, path: string): Promise<Response> {
  for (const deadline = performance.now() + withinMs; ; ) {
    try {
      return await fetch(`${api}/api/v1/organisation`, {
        method: 'POST',
        body: JSON.stringify({ path }),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(withinMs),
      })
    } catch (cause) {
      if (performance.now() > deadline)
        throw new CofferdamError('unreachable', `the control plane at ${api} does not answer`, { cause })
    }
    await new Promise((resolve) => {
      setTimeout(resolve, lookEveryMs)
    })
  }
}
