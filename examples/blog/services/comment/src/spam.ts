import { createHmac } from 'node:crypto'

/**
 * The keyed fingerprint of a text: equal texts are found again, but who reads the database cannot try out which
 * text it was without `SPAM_KEY`. Case, spaces and signs do not count.
 */
export function fingerprint(text: string, key: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
  return createHmac('sha256', key).update(plain).digest('base64url')
}

/** How likely a text is spam, 0 to 1: the tenth copy of the same words certainly is. */
export function spamScore(copies: number): number {
  return Math.min(copies, 10) / 10
}
