import type { RouteIndex } from '../domain/routing/routeIndex.ts'
import type { DataPlane } from './dataPlane.ts'
import { Listener } from './listener.ts'

/** The open ports: one for each door of the table in force. */
export class Doors {
  private readonly plane: DataPlane
  private readonly listeners = new Map<number, Listener>()
  private doorByPort: ReadonlyMap<number, string> = new Map()

  constructor(plane: DataPlane) {
    this.plane = plane
  }

  /** Opens what a new index needs in addition. @throws PortTaken: what it opened is closed again. */
  async openFor(index: RouteIndex): Promise<void> {
    const opened: Listener[] = []
    try {
      for (const { door } of index.doors.values()) {
        if (this.listeners.has(door.port)) continue
        const { port } = door
        const listener = await Listener.open(port, this.plane, () => this.doorByPort.get(port))
        this.listeners.set(port, listener)
        opened.push(listener)
      }
    } catch (error) {
      for (const listener of opened) this.drop(listener)
      throw error
    }
  }

  /** From now on the ports are the doors of this index; ports that it does not have are closed, their requests end. */
  use(index: RouteIndex): void {
    this.doorByPort = new Map([...index.doors.values()].map(({ door }) => [door.port, door.id]))
    for (const listener of this.listeners.values()) if (!this.doorByPort.has(listener.port)) this.drop(listener)
  }

  private drop(listener: Listener): void {
    this.listeners.delete(listener.port)
    void listener.close(this.plane.limits.idleMs)
  }

  async closeAll(withinMs: number): Promise<void> {
    const closing = [...this.listeners.values()].map(async (listener) => await listener.close(withinMs))
    this.listeners.clear()
    await Promise.all(closing)
  }
}
