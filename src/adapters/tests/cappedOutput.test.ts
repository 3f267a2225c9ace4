import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCappedOutput } from './cappedOutput.ts'

test('short output is kept whole, long output as its exact head and tail, whatever the chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 30 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      (chunks, half) => {
        const output = createCappedOutput(half)
        for (const chunk of chunks) output.write(Buffer.from(chunk))
        const all = chunks.join('')
        expect(output.total()).toBe(all.length)
        const missing = all.length - 2 * half
        expect(output.text()).toBe(
          missing <= 0 ? all : `${all.slice(0, half)}\n… ${missing} bytes left out …\n${all.slice(-half)}`,
        )
      },
    ),
  )
})
