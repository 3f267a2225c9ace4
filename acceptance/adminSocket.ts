import { request } from 'node:http'
import { join } from 'node:path'

export interface AdminAnswer {
  readonly status: number
  readonly text: string
  readonly body: unknown
}

/** One request to a gateway's admin socket. */
export function askGateway(
  home: string,
  gateway: string,
  method: string,
  path: string,
  body?: string,
): Promise<AdminAnswer> {
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const call = request(
      { socketPath: join(home, 'gateways', gateway, 'admin.sock'), method, path, headers, timeout: 5_000 },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => (text += part))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, body: parse(text) }))
        answer.on('error', reject)
      },
    )
    call.on('timeout', () => call.destroy(new Error(`the admin socket of ${gateway} did not answer in 5 s`)))
    call.on('error', reject)
    call.end(body)
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
