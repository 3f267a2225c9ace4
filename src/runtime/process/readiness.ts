import { get } from 'node:http'

const answerWithinMs = 1_000

/** One question to a health path: `undefined` when it answered 2xx within a second, else what came instead. */
export function askReady(port: number, path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    // `timeout` alone watches for silence; the deadline must also end an answer that trickles.
    const signal = AbortSignal.timeout(answerWithinMs)
    const request = get({ host: '127.0.0.1', port, path, agent: false, signal }, (response) => {
      const status = response.statusCode ?? 0
      response.destroy()
      resolve(status >= 200 && status < 300 ? undefined : `it answered ${status}`)
    })
    request.on('error', (error: NodeJS.ErrnoException) =>
      resolve(signal.aborted ? `no answer within ${answerWithinMs / 1000} s` : reason(error)),
    )
  })
}

function reason(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'nothing listens there'
  return `the connection failed with ${error.code ?? error.message}`
}
