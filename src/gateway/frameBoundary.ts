const closeOpcode = 8

/** Follows the frames of one direction of a WebSocket (RFC 6455, 5.2), so that a frame of our own can stand between two. */
export class FrameBoundary {
  /** A close frame went by: its sender says nothing more. */
  sawClose = false
  private readonly header = new Uint8Array(14)
  private have = 0
  private payloadLeft = 0

  get isAtBoundary(): boolean {
    return this.have === 0 && this.payloadLeft === 0
  }

  /** @returns the offset in `chunk` at which its last whole frame ends; −1: no frame ends in it. */
  feed(chunk: Uint8Array): number {
    let boundary = -1
    let at = 0
    while (at < chunk.length) {
      if (this.payloadLeft > 0) {
        const taken = Math.min(this.payloadLeft, chunk.length - at)
        this.payloadLeft -= taken
        at += taken
      } else {
        this.header[this.have] = chunk[at]!
        this.have += 1
        at += 1
        this.readHeader()
      }
      if (this.isAtBoundary) boundary = at
    }
    return boundary
  }

  private readHeader(): void {
    const { header, have } = this
    if (have < 2) return
    const short = header[1]! & 0x7f
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
    const maskBytes = header[1]! & 0x80 ? 4 : 0
    if (have < 2 + lengthBytes + maskBytes) return
    let length = lengthBytes === 0 ? short : 0
    // Beyond 2^53 it is no length that will ever arrive; only that it does not end matters then.
    for (let i = 2; i < 2 + lengthBytes; i += 1) length = length * 256 + header[i]!
    this.payloadLeft = length
    this.have = 0
    if ((header[0]! & 0x0f) === closeOpcode) this.sawClose = true
  }
}

/**
 * A whole close frame.
 * @param reason at most 123 bytes of UTF-8.
 * @param masked as a client must send it; the mask hides nothing here and is zero.
 */
export function closeFrame(code: number, reason: string, masked: boolean): Buffer {
  const text = Buffer.from(reason)
  const head = [0x80 | closeOpcode, (masked ? 0x80 : 0) | (2 + text.length), ...(masked ? [0, 0, 0, 0] : [])]
  return Buffer.concat([Buffer.from([...head, code >> 8, code & 0xff]), text])
}
