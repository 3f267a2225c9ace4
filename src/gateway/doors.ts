import type { IndexedDoor, RouteIndex } from '../domain/routing/routeIndex.ts'
import type { Door } from '../domain/routing/table.ts'
import type { DataPlane } from './dataPlane.ts'
import { Listener, type Place } from './listener.ts'

/** Where a door of a table listens. */
export function placeOf({ listen, port }: Door): Place {
  return { address: listen ?? '127.0.0.1', port }
}

/** The open ports: one for each door of the table in force. */
export class Doors {
  private readonly plane: DataPlane
  private readonly listeners = new Map<number, Listener>()
  private doorByPort: ReadonlyMap<number, string> = new Map()

  constructor(plane: DataPlane) {
    this.plane = plane
  }

  /**
   * Opens what a new index needs in addition; a port whose door listens elsewhere by now is closed first.
   * @throws PortTaken: what it opened is closed again.
   */
  async openFor(index: RouteIndex): Promise<void> {
    const moved = portsThatMove(this.listeners, index)
    this.release(moved)
    const opened: Listener[] = []
    try {
      for (const { door } of index.doors.values()) {
        if (this.listeners.has(door.port)) continue
        const listener = await this.open(door)
        opened.push(listener)
      }
    } catch (error) {
      for (const listener of opened) this.drop(listener)
      for (const { door } of this.plane.index.doors.values()) {
        if (moved.includes(door.port)) await this.open(door).catch(() => undefined)
      }
      throw error
    }
  }

  private async open(door: Door): Promise<Listener> {
    const { port } = door
    const listener = await Listener.open(placeOf(door), this.plane, () => this.doorAt(port))
    this.listeners.set(port, listener)
    return listener
  }

  private doorAt(port: number): IndexedDoor | undefined {
    const id = this.doorByPort.get(port)
    return id === undefined ? undefined : this.plane.index.doors.get(id)
  }

  /** From now on the ports are the doors of this index; ports that it does not have are closed, their requests end. */
  use(index: RouteIndex): void {
    this.doorByPort = new Map([...index.doors.values()].map(({ door }) => [door.port, door.id]))
    for (const listener of this.listeners.values()) if (!this.doorByPort.has(listener.place.port)) this.drop(listener)
  }

  /** Stops listening on these ports, so that they can be opened on another address; requests under way end. */
  release(ports: readonly number[]): void {
    for (const port of ports) {
      const listener = this.listeners.get(port)
      if (listener !== undefined) this.drop(listener)
    }
  }

  private drop(listener: Listener): void {
    this.listeners.delete(listener.place.port)
    void listener.close(this.plane.limits.idleMs)
  }

  async closeAll(withinMs: number): Promise<void> {
    const closing = [...this.listeners.values()].map(async (listener) => await listener.close(withinMs))
    this.listeners.clear()
    await Promise.all(closing)
  }
}

/** Ports that are open on another address than the one that an index asks for. */
function portsThatMove(listeners: ReadonlyMap<number, Listener>, index: RouteIndex): number[] {
  return [...index.doors.values()].flatMap(({ door }) => {
    const open = listeners.get(door.port)
    return open === undefined || open.place.address === placeOf(door).address ? [] : [door.port]
  })
}
