import { Readable } from 'node:stream'
import type { BodyPace } from './bodyPace.ts'
import type { ClientRequest } from './client.ts'

/**
 * The body of a request as a stream of its own. The transport destroys the body of an attempt that failed; handed the
 * request itself, it would take the client's connection with it.
 */
export class RequestBody extends Readable {
  private readonly request: ClientRequest
  private left: number
  private readonly pace: BodyPace
  private readonly tooLarge: () => void

  /** @param maxBytes beyond, `tooLarge` is called and the body ends with an error. */
  constructor(request: ClientRequest, maxBytes: number, pace: BodyPace, tooLarge: () => void) {
    super({ highWaterMark: 64 * 1024 })
    this.request = request
    this.left = maxBytes
    this.pace = pace
    this.tooLarge = tooLarge
    request.on('data', (chunk: Buffer) => this.receive(chunk))
    request.on('end', () => {
      pace.end()
      this.push(null)
    })
    request.on('error', (error) => this.destroy(error))
    request.on('close', () => {
      pace.end()
      if (!request.complete) this.destroy(new Error('the client went away before its body ended'))
    })
    request.pause()
    pace.hold()
    // Attempts may end before anybody listens.
    this.on('error', () => undefined)
  }

  /** The host has all that came, and the client has not sent all of it. */
  get waitsForClient(): boolean {
    return !this.request.complete && !this.request.isPaused()
  }

  override _read(): void {
    this.pace.goOn()
    this.request.resume()
  }

  private receive(chunk: Buffer): void {
    this.pace.take(chunk.length)
    if (this.destroyed) return
    this.left -= chunk.length
    if (this.left < 0) {
      this.tooLarge()
      this.destroy(new Error('the body is too large'))
    } else if (!this.push(chunk)) {
      this.pace.hold()
      this.request.pause()
    }
  }
}

/** Reads a small body whole; undefined when the client goes away first. */
export function readWhole(request: ClientRequest, pace: BodyPace, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => {
    pace.take(chunk.length)
    chunks.push(chunk)
  })
  request.once('end', () => {
    pace.end()
    done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
  })
  request.once('close', () => {
    pace.end()
    if (!request.complete) done(undefined)
  })
  request.on('error', () => undefined)
}
