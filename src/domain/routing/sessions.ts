/** What is hashed for a draw by session. */
export function sessionSeed(session: string, service: string): string {
  return `${session}\n${service}`
}

/**
 * The draw of a session: the first 53 bits of a hash, as a number in [0, 1).
 * @param hash SHA-256 of `sessionSeed`; at least 7 bytes.
 */
export function drawFromHash(hash: Uint8Array): number {
  const high = ((hash[0]! << 24) | (hash[1]! << 16) | (hash[2]! << 8) | hash[3]!) >>> 0
  const low = ((hash[4]! << 16) | (hash[5]! << 8) | hash[6]!) >>> 3
  return (high * 2 ** 21 + low) / 2 ** 53
}
