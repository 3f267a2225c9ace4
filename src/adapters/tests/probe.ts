import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { ProbeTest, TestResult } from '../../domain/test/test.ts'
import type { TestContext } from '../../engine/ports.ts'
import { mismatches } from './expectation.ts'

const bodyLimitBytes = 1024 * 1024
const outputBytes = 4 * 1024

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Sends one request through the environment's front door and compares the answer with what is expected. */
export async function runProbe(test: ProbeTest, context: TestContext): Promise<TestResult> {
  const began = performance.now()
  const what = `${test.method} ${test.path} at ${context.frontDoor}`
  const result = (passed: boolean, text: string, output?: string): TestResult => ({
    name: test.name,
    kind: 'probe',
    passed,
    text,
    ms: Math.round(performance.now() - began),
    ...(output === undefined ? {} : { output }),
  })
  const deadline = AbortSignal.timeout(test.expect.withinMs)
  try {
    const answer = await ask(test, context.frontDoor, AbortSignal.any([deadline, context.signal]))
    const wrong = mismatches(test.expect, answer)
    const by = servedBy(answer.headers)
    if (wrong.length === 0) return result(true, `${what} answered ${answer.status} as expected${by}`)
    return result(false, `${what}${by}: ${wrong.join('; ')}`, answer.body.slice(0, outputBytes))
  } catch (error) {
    if (context.signal.aborted) return result(false, `${what} was stopped with its promotion`)
    if (deadline.aborted)
      return result(false, `${what}: expected an answer within ${test.expect.withinMs / 1000} s, none came`)
    return result(
      false,
      `${what}: expected status ${test.expect.status}, but the request failed: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function servedBy(headers: IncomingHttpHeaders): string {
  const refused = headers['x-cofferdam-refused']
  const by = headers['x-cofferdam-served-by']
  if (refused !== undefined) return ` (refused by the gateway: ${String(refused)})`
  return by === undefined ? '' : ` (${String(by)})`
}

/** A connection of its own: a pooled one could be a socket that the gateway is about to close. */
function ask(test: ProbeTest, frontDoor: string, signal: AbortSignal): Promise<Answer> {
  const body = test.body === undefined ? undefined : JSON.stringify(test.body)
  const headers: Record<string, string | number> = { ...test.headers }
  if (body !== undefined) {
    headers['content-type'] ??= 'application/json'
    headers['content-length'] = Buffer.byteLength(body)
  }
  return new Promise((resolve, reject) => {
    const sent = request(
      frontDoor,
      { method: test.method, path: test.path, headers, agent: false, signal },
      (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          chunks.push(chunk)
          if (bytes <= bodyLimitBytes) return
          reject(new Error(`the body is longer than ${bodyLimitBytes / 1024} KB`))
          response.destroy()
        })
        response.on('error', reject)
        response.on('aborted', () => reject(new Error('the answer was cut off')))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
