import { BlockList, isIPv6 } from 'node:net'
import { isLoopback } from '../domain/routing/doorUrl.ts'
import type { Door } from '../domain/routing/table.ts'

/** One per list of a table, which is never edited. */
const lists = new WeakMap<readonly string[], BlockList>()

function listOf(addresses: readonly string[]): BlockList {
  const known = lists.get(addresses)
  if (known !== undefined) return known
  const list = new BlockList()
  for (const text of addresses) {
    const [address = '', bits] = text.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    try {
      if (bits === undefined) list.addAddress(address, family)
      else list.addSubnet(address, Number(bits), family)
    } catch {
      // Not an address: it matches nobody.
    }
  }
  lists.set(addresses, list)
  return list
}

/** IPv4 as a socket says it that listens for both. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address
}

export function isTrustedProxy(addresses: readonly string[], remoteAddress: string | undefined): boolean {
  if (remoteAddress === undefined) return false
  const address = plainAddress(remoteAddress)
  return listOf(addresses).check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Whether a door takes a connection at all: one that others can reach and that has no TLS is for its proxies alone. */
export function isLetIn(door: Door, remoteAddress: string | undefined): boolean {
  if (door.listen === undefined || door.tls !== undefined || isLoopback(door.listen)) return true
  if (remoteAddress === undefined) return false
  return isLoopback(plainAddress(remoteAddress)) || isTrustedProxy(door.trustedProxies ?? [], remoteAddress)
}
