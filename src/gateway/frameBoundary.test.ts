import { expect, test } from 'vitest'
import fc from 'fast-check'
import { closeFrame, FrameBoundary } from './frameBoundary.ts'

function frame(opcode: number, payload: Uint8Array, masked: boolean): Buffer {
  const { length } = payload
  const size =
    length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 0xff] : [127, 0, 0, 0, 0, 0, 1, 0, 0]
  const head = [0x80 | opcode, size[0]! | (masked ? 0x80 : 0), ...size.slice(1), ...(masked ? [1, 2, 3, 4] : [])]
  return Buffer.concat([Buffer.from(head), payload])
}

const lengths = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(125, 126, 127, 65_535, 65_536))
const frames = fc.array(fc.record({ length: lengths, masked: fc.boolean(), opcode: fc.constantFrom(0, 1, 2, 9, 10) }), {
  minLength: 1,
  maxLength: 6,
})

test('knows where frames end, however their bytes are split', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 70_000 }), { maxLength: 20 }), (all, cuts) => {
      // Payloads full of bytes that look like headers.
      const parts = all.map((one) => frame(one.opcode, Buffer.alloc(one.length, 0x88), one.masked))
      const ends = new Set<number>()
      let end = 0
      for (const part of parts) ends.add((end += part.length))
      const bytes = Buffer.concat(parts)
      const boundary = new FrameBoundary()
      const sorted = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b)
      let at = 0
      for (const cut of sorted) {
        const within = [...ends].filter((one) => one > at && one <= cut)
        expect(boundary.feed(bytes.subarray(at, cut))).toBe(within.length === 0 ? -1 : Math.max(...within) - at)
        expect(boundary.isAtBoundary).toBe(cut === 0 || ends.has(cut))
        at = cut
      }
      expect(boundary.sawClose).toBe(false)
    }),
    { numRuns: 100 },
  )
})

test('sees a close frame, and makes one', () => {
  for (const masked of [true, false]) {
    const bytes = closeFrame(1012, 'again', masked)
    const boundary = new FrameBoundary()
    expect(boundary.feed(bytes)).toBe(bytes.length)
    expect(boundary.sawClose).toBe(true)
    expect(bytes.subarray(masked ? 6 : 2)).toEqual(Buffer.from('\x03\xf4again', 'latin1'))
  }
})
