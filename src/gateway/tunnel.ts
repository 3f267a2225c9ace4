import type { Duplex } from 'node:stream'
import type { Backend } from './backend.ts'
import { closeFrame, FrameBoundary } from './frameBoundary.ts'

/** RFC 6455, 7.4.1 and the registry of close codes. */
export const goingAway = 1001
export const serviceRestart = 1012

interface Ending {
  readonly code: number
  readonly reason: string
  /** Monotonic milliseconds. */
  readonly sinceMs: number
}

/** One direction: bytes as they come, no more of them than the other side takes. */
class Lane {
  readonly frames = new FrameBoundary()
  private readonly from: Duplex
  private readonly to: Duplex
  private readonly masked: boolean
  private ending: Ending | undefined
  private isEnded = false

  constructor(from: Duplex, to: Duplex, masked: boolean) {
    this.from = from
    this.to = to
    this.masked = masked
  }

  move(chunk: Buffer): void {
    if (this.isEnded || this.to.destroyed) return
    const boundary = this.frames.feed(chunk)
    if (this.ending !== undefined && boundary !== -1) {
      this.to.write(chunk.subarray(0, boundary))
      this.finish(this.ending)
    } else if (!this.to.write(chunk)) {
      this.from.pause()
      this.to.once('drain', () => this.from.resume())
    }
  }

  /** Says goodbye between two frames: now, or when the one under way has passed. */
  end(ending: Ending): void {
    this.ending = ending
    if (this.frames.isAtBoundary) this.finish(ending)
  }

  private finish(ending: Ending): void {
    this.isEnded = true
    if (!this.frames.sawClose) this.to.write(closeFrame(ending.code, ending.reason, this.masked))
    // A host may have a frame under way; it closes when it has read this.
    if (!this.masked) this.to.end()
    // What still comes is read and dropped, so that the other side can finish.
    this.from.resume()
  }
}

/** A WebSocket through the gateway, from its handshake on. It is not in flight: its request has ended with the 101. */
export class Tunnel {
  readonly backend: Backend
  readonly doorId: string
  /** Since when nothing leads to its host any more. Monotonic milliseconds. */
  leavingSinceMs: number | undefined
  /** When something last moved, seen by the sweeps. */
  movedAtMs: number
  hasMoved = false
  private readonly client: Duplex
  private readonly host: Duplex
  private readonly toHost: Lane
  private readonly toClient: Lane
  private ending: Ending | undefined

  /**
   * @param isLeft whether nothing leads to its host any more.
   * @param onGone both sides are closed.
   */
  constructor(
    ends: { readonly client: Duplex; readonly host: Duplex; readonly backend: Backend; readonly doorId: string },
    isLeft: () => boolean,
    onGone: () => void,
  ) {
    const { client, host } = ends
    this.backend = ends.backend
    this.doorId = ends.doorId
    this.client = client
    this.host = host
    this.movedAtMs = performance.now()
    this.toHost = new Lane(client, host, true)
    this.toClient = new Lane(host, client, false)
    let open = 2
    for (const [side, other, lane] of [
      [client, host, this.toHost],
      [host, client, this.toClient],
    ] as const) {
      side.on('data', (chunk: Buffer) => {
        this.hasMoved = true
        lane.move(chunk)
      })
      side.on('end', () => {
        if (side === host && isLeft()) this.close(serviceRestart, 'the host left')
        other.end()
      })
      side.on('error', () => other.destroy())
      side.on('close', () => {
        open -= 1
        if (open === 0) onGone()
        // What the other side was still given is written first.
        else if (!other.writableFinished) other.end(() => other.destroy())
        else other.destroy()
      })
    }
  }

  /** Bytes that the client sent before its handshake was answered. */
  begin(early: Buffer): void {
    if (early.length > 0) this.toHost.move(early)
  }

  /** Closes both sides as RFC 6455 has it; `giveUp` ends what does not follow. */
  close(code: number, reason: string): void {
    if (this.ending !== undefined) return
    this.ending = { code, reason, sinceMs: performance.now() }
    this.toClient.end(this.ending)
    this.toHost.end(this.ending)
  }

  /** Ends a close that takes longer than `withinMs`. @param nowMs monotonic. */
  giveUp(nowMs: number, withinMs: number): void {
    if (this.ending === undefined || nowMs - this.ending.sinceMs < withinMs) return
    this.client.destroy()
    this.host.destroy()
  }
}
