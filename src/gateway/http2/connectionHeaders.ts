/** Headers of one connection of HTTP/1.1; HTTP/2 frames itself and has none of them (RFC 9113, 8.2.2). */
export const connectionHeaders: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])
