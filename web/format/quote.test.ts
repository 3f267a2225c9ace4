import { expect, test } from 'vitest'
import { quote } from './quote.ts'

test('whatever is typed stays one word of the shell', () => {
  expect(quote('plain-1.2')).toBe('plain-1.2')
  expect(quote('/api/cart?a=1&b=2')).toBe("'/api/cart?a=1&b=2'")
  expect(quote("it's $(rm -rf /)")).toBe(String.raw`'it'\''s $(rm -rf /)'`)
})
