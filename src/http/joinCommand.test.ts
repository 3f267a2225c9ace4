import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitCommand } from '../config/command.ts'
import { joinCommand } from './joinCommand.ts'

test('plain words stay plain', () => {
  expect(joinCommand(['node', '--flag=x', 'src/main.ts'])).toBe('node --flag=x src/main.ts')
})

test('a joined command splits into the same words', () => {
  const word = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 5 }), (program, more) => {
      expect(splitCommand(joinCommand([program, ...more]))).toEqual({ ok: true, words: [program, ...more] })
    }),
  )
})
