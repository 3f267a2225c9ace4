import type { Door } from './table.ts'

/** Whether an IP address can be reached from this machine only. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address)
}

/** Where a door is reached from this machine: `https://127.0.0.1:8443`. */
export function doorUrl({ port, listen, tls }: Pick<Door, 'port' | 'listen' | 'tls'>): string {
  const scheme = tls === undefined ? 'http' : 'https'
  // Whoever listens on every address is reached on this one as well.
  const address = listen === undefined || listen === '0.0.0.0' || listen === '::' ? '127.0.0.1' : listen
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`
}
