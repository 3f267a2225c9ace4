import { readChunked } from './origin.ts'

/** One answer as a strict client reads it. */
export interface ReadAnswer {
  readonly status: number
  /** Name in lower case, value. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  readonly trailers: readonly string[]
  /** `open`: only the end of the connection ends it, and a cut cannot be told from an end. */
  readonly end: 'whole' | 'cut' | 'open'
}

const withoutBody = new Set([204, 304])

/** Reads all answers of a connection. @param method of the request, for all of them. */
export function readAnswers(text: string, method = 'GET'): readonly ReadAnswer[] {
  const answers: ReadAnswer[] = []
  let rest = text
  while (rest !== '') {
    const found = readOne(rest, method)
    if (found === undefined) break
    answers.push(found.answer)
    if (found.answer.end !== 'whole') break
    rest = found.rest
  }
  return answers
}

function readOne(text: string, method: string): { answer: ReadAnswer; rest: string } | undefined {
  const match = /^HTTP\/1\.[01] (?<status>\d{3})[^\r\n]*\r\n/.exec(text)
  const headEnd = text.indexOf('\r\n\r\n')
  if (match === null || headEnd === -1) return undefined
  const status = Number(match.groups!['status'])
  const lines = text.slice(match[0].length, headEnd + 2).split('\r\n')
  const headers = lines
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    })
  const after = text.slice(headEnd + 4)
  const valueOf = (name: string): string | undefined => headers.find((one) => one[0] === name)?.[1]
  const answerOf = (body: string, end: ReadAnswer['end'], trailers: readonly string[] = []): ReadAnswer => ({
    status,
    headers,
    body,
    trailers,
    end,
  })
  if (status < 200 || withoutBody.has(status) || method === 'HEAD')
    return { answer: answerOf('', 'whole'), rest: after }
  if (valueOf('transfer-encoding') !== undefined) {
    const chunked = readChunked(after)
    if (chunked === undefined) return { answer: answerOf(bodyOfCut(after), 'cut'), rest: '' }
    return { answer: answerOf(chunked.body, 'whole', chunked.trailers), rest: chunked.rest }
  }
  const length = valueOf('content-length')
  if (length === undefined) return { answer: answerOf(after, 'open'), rest: '' }
  if (after.length < Number(length)) return { answer: answerOf(after, 'cut'), rest: '' }
  return { answer: answerOf(after.slice(0, Number(length)), 'whole'), rest: after.slice(Number(length)) }
}

/** What arrived of chunks that do not end. */
function bodyOfCut(text: string): string {
  const whole = readChunked(`${text}0\r\n\r\n`)
  return whole?.body ?? ''
}
