import { STATUS_CODES } from 'node:http'
import { refusalStatus, type RefusalRule } from '../domain/routing/why.ts'
import type { ClientResponse } from './client.ts'

/** An answer of the gateway's own, as RFC 9457 has it. */
export interface OwnAnswer {
  readonly rule: RefusalRule
  readonly detail: string
  readonly help: string
  readonly requestId?: string
}

/** The problem document of a refusal. */
export function problemBody(answer: OwnAnswer): string {
  const status = refusalStatus[answer.rule]
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code: answer.rule,
    detail: answer.detail,
    help: answer.help,
    ...(answer.requestId === undefined ? {} : { requestId: answer.requestId }),
  })
}

/** @param more further headers: name, value, name, value … */
export function sendOwnAnswer(response: ClientResponse, answer: OwnAnswer, more: readonly string[]): void {
  const body = Buffer.from(problemBody(answer))
  response.writeHead(refusalStatus[answer.rule], [
    'content-type',
    'application/problem+json',
    'content-length',
    String(body.length),
    'x-cofferdam-refused',
    answer.rule,
    'cache-control',
    'no-store',
    ...more,
  ])
  response.end(body)
}

/** The bytes of a refusal for a connection on which no request could be read; the connection is closed after it. */
export function rawOwnAnswer(answer: OwnAnswer): string {
  const status = refusalStatus[answer.rule]
  const body = problemBody(answer)
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\ncontent-type: application/problem+json\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\nx-cofferdam-refused: ${answer.rule}\r\n` +
    `cache-control: no-store\r\nconnection: close\r\n\r\n${body}`
  )
}

/** Sends the browser to the same address without the key, which is a cookie from then on. */
export function sendRedirect(response: ClientResponse, location: string, setCookie: string): void {
  const headers = ['location', location, 'set-cookie', setCookie, 'cache-control', 'no-store', 'content-length', '0']
  response.writeHead(302, headers)
  response.end()
}
