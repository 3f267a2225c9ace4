import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'

/** How long a connection that there is no room for may take to ask, and be told so. */
const politeMs = 1_000

/** Descriptors that the gateway needs beside connections: doors, files, the admin socket, the runtime's own. */
const ownDescriptors = 32

/** The most descriptors that this process may have open; undefined where that cannot be read. */
export function descriptorLimit(): number | undefined {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    return match === null ? undefined : Number(match[1])
  } catch {
    return undefined
  }
}

/**
 * Keeps descriptors for what was taken on already. Of those that there are, clients may hold three quarters; the rest is
 * for connections to hosts, and for telling further clients that there is no room.
 */
export class Crowd {
  private readonly room: number
  private readonly hardRoom: number
  private readonly crowdedOut = new WeakSet<Socket>()
  private open = 0

  /** @param descriptors how many there are; Infinity: no bound. */
  constructor(descriptors: number) {
    const spare = Math.max(0, descriptors - ownDescriptors)
    this.room = Math.floor((spare * 3) / 4)
    this.hardRoom = this.room + Math.floor(spare / 8)
  }

  enter(socket: Socket): void {
    this.open += 1
    socket.once('close', () => (this.open -= 1))
    if (this.open <= this.room) return
    if (this.open > this.hardRoom) return void socket.destroy()
    this.crowdedOut.add(socket)
    const timer = setTimeout(() => socket.destroy(), politeMs)
    socket.once('close', () => clearTimeout(timer))
  }

  /** There was no room for it: its first request is refused, and it is closed. */
  isCrowdedOut(socket: Socket): boolean {
    return this.crowdedOut.has(socket)
  }
}
