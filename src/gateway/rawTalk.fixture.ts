import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** What came back on a raw connection. */
export interface RawAnswer {
  readonly text: string
  readonly closed: boolean
  /** Status codes of the answers, 1xx among them. */
  readonly statuses: readonly number[]
}

function seen(text: string, closed: boolean): RawAnswer {
  return { text, closed, statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1])) }
}

/**
 * Sends bytes on a connection of their own and reads until `isEnough`, or until the other side closes.
 * @throws when neither comes within `ms`.
 */
export async function talk(
  port: number,
  bytes: string,
  isEnough: (answer: RawAnswer) => boolean,
  ms = 15_000,
): Promise<RawAnswer> {
  return await new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    const done = (closed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(seen(text, closed))
    }
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`waited ${ms} ms in vain after ${JSON.stringify(text.slice(0, 400))}`))
    }, ms)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (isEnough(seen(text, false))) done(false)
    })
    socket.on('close', () => done(true))
    socket.on('error', () => undefined)
    socket.write(bytes, 'latin1')
  })
}

/** A client that never has enough: the other side must close. */
export const untilClosed = (): boolean => false

/** A host that answers with any bytes, also such as are not HTTP. */
export class RawHost {
  /** What came in since the last `forget`, health checks left out; one text for each connection. */
  readonly received: string[] = []
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private answer: (asked: string, socket: Socket) => void

  private constructor(answer: (asked: string, socket: Socket) => void) {
    this.answer = answer
    this.server = createServer((socket) => this.take(socket))
  }

  /** @param answer is called with all that a connection has said since its last answer, whenever more comes. */
  static async start(answer: (asked: string, socket: Socket) => void): Promise<RawHost> {
    const host = new RawHost(answer)
    await new Promise<void>((resolve) => host.server.listen(0, '127.0.0.1', () => resolve()))
    return host
  }

  /** Answers each request with these bytes, once its head has arrived. @param thenClose ends the connection after. */
  answerWith(bytes: string, thenClose = false): void {
    this.answer = (asked, socket) => {
      if (!asked.includes('\r\n\r\n')) return
      socket.write(bytes, 'latin1')
      if (thenClose) socket.end()
    }
  }

  private take(socket: Socket): void {
    this.sockets.add(socket)
    let at = -1
    let asked = ''
    socket.on('error', () => undefined)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      if (text.startsWith('GET /healthz ')) return void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      if (at === -1) at = this.received.push('') - 1
      this.received[at] = (this.received[at] ?? '') + text
      asked += text
      this.answer(asked, socket)
    })
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** Says this on every connection that is open. */
  say(bytes: string): void {
    for (const socket of this.sockets) socket.write(bytes, 'latin1')
  }

  /** Ends all connections and forgets what came in. */
  forget(): void {
    for (const socket of this.sockets) socket.destroy()
    this.received.length = 0
  }

  async close(): Promise<void> {
    this.forget()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }
}
