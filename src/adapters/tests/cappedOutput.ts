/** Text of at most twice `halfBytes`: the head and the tail of what was written, with a line between that says how much is missing. */
export interface CappedOutput {
  readonly write: (chunk: Buffer) => void
  /** Bytes written so far. */
  readonly total: () => number
  readonly text: () => string
}

/** Keeps the first and the last `halfBytes` of a stream. */
export function createCappedOutput(halfBytes: number): CappedOutput {
  let head = Buffer.alloc(0)
  let tail: Buffer[] = []
  let tailBytes = 0
  let total = 0
  return {
    write: (chunk) => {
      total += chunk.length
      const room = halfBytes - head.length
      if (room > 0) head = Buffer.concat([head, chunk.subarray(0, room)])
      const rest = chunk.subarray(Math.max(0, room))
      if (rest.length === 0) return
      tail.push(rest)
      tailBytes += rest.length
      // Joined only when twice too long: joining for each chunk would copy without end.
      if (tailBytes <= 2 * halfBytes) return
      tail = [Buffer.concat(tail).subarray(-halfBytes)]
      tailBytes = halfBytes
    },
    total: () => total,
    text: () => {
      const end = Buffer.concat(tail).subarray(-halfBytes)
      const missing = total - head.length - end.length
      const gap = missing > 0 ? `\n… ${missing} bytes left out …\n` : ''
      return head.toString('utf8') + gap + end.toString('utf8')
    },
  }
}
