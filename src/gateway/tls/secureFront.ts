import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import type { CertificatePair } from '../../certificates/readPair.ts'
import type { DoorCertificate } from '../../domain/routing/table.ts'
import type { DataPlane } from '../dataPlane.ts'
import { rawOwnAnswer } from '../ownAnswer.ts'

/** First byte of a TLS record that begins a handshake (RFC 8446, 5.1). */
const handshake = 0x16

/** How long a client may take to close after it was refused. */
const lastWordsMs = 1_000

/** What goes on with a connection once it is encrypted. */
export interface Protocols {
  readonly http1: (socket: TLSSocket) => void
  readonly http2: (socket: TLSSocket) => void
}

/** TLS on the connections of one door. It holds no certificate of its own: each handshake asks for what is in force. */
export class SecureFront {
  private readonly plane: DataPlane
  private readonly server: Server
  /** Connections that it was given, also those that are not encrypted yet. */
  private readonly open = new Set<Socket>()
  private tls: readonly DoorCertificate[] = []
  private standard: CertificatePair | undefined

  constructor(plane: DataPlane, protocols: Protocols) {
    this.plane = plane
    this.server = createServer({
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: plane.limits.headMs,
      SNICallback: (name, done) => done(null, plane.certificates.contextFor(this.tls, name)),
    })
    this.server.on('secureConnection', (socket) => {
      if (socket.alpnProtocol === 'h2') protocols.http2(socket)
      else protocols.http1(socket)
    })
    this.server.on('tlsClientError', (_error, socket) => socket.destroy())
  }

  /** Takes a connection of which nothing was read yet. @param tls the door's certificates now. */
  take(socket: Socket, tls: readonly DoorCertificate[]): void {
    this.tls = tls
    this.open.add(socket)
    socket.on('close', () => this.open.delete(socket))
    socket.on('error', () => undefined)
    // HTTP in the clear may end in one direction first; with TLS, a client that ended is gone.
    socket.allowHalfOpen = false
    socket.setTimeout(this.plane.limits.headMs, () => socket.destroy())
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null
      if (first === null) return void socket.destroy()
      socket.setTimeout(0)
      if (first[0] !== handshake) return this.refusePlain(socket)
      socket.unshift(first)
      this.shake(socket)
    })
  }

  private shake(socket: Socket): void {
    const pair = this.plane.certificates.pairFor(this.tls, undefined)
    // Never in the clear instead.
    if (pair === undefined) return void socket.destroy()
    if (pair !== this.standard) {
      this.standard = pair
      this.server.setSecureContext(pair.pem())
    }
    this.server.emit('connection', socket)
  }

  /** Whoever speaks HTTP here is told what to speak; nothing of the request is read. */
  private refusePlain(socket: Socket): void {
    this.plane.counters.countRefused('malformed')
    const detail = 'this door speaks TLS, and the request came without'
    // Unread bytes would turn the end into a reset, which may overtake the answer.
    socket.resume()
    socket.setTimeout(lastWordsMs, () => socket.destroy())
    socket.end(rawOwnAnswer({ rule: 'malformed', detail, help: 'Use https:// instead of http://.' }))
  }

  destroy(): void {
    for (const socket of this.open) socket.destroy()
  }
}
