import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { forgetApi } from './apiFile.ts'
import { endInstances } from './endInstances.ts'
import { freePort } from './freePort.ts'
import { gatewayFlags } from './gatewayFlags.ts'
import type { Lifeline } from './lifeline.ts'
import { superviseChild, type Child } from './supervise.ts'

export interface SupervisorOptions {
  readonly home: string
  /** The configuration that the control plane applies when it starts. */
  readonly config: string
  readonly port: number | 'auto'
  /** Of a gateway that is started; one that is adopted keeps those it has. */
  readonly workers: number
  /** Its builds are there to be tried: the UI offers them. */
  readonly isDemo?: boolean
  /** With it everything ends when this process does. */
  readonly lifeline?: Lifeline
  /** Secrets for the control plane: in its environment only, never on disk. */
  readonly secrets: Readonly<Record<string, string>>
  /** Called when a pid changed. */
  readonly changed: () => void
  /** What an earlier supervisor of this home left running. */
  readonly adopt?: { readonly controlPlane?: number; readonly gateway?: number; readonly port?: number }
}

export interface Supervisor {
  readonly api: string
  readonly metrics: string
  readonly controlPlane: Child
  readonly gateway: Child
  readonly startLoad: (args: readonly string[]) => Child
  /** Everything that was started is gone when it resolves. */
  readonly end: () => Promise<void>
}

const gatewayId = 'g1'

function entry(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

/** Starts control plane and gateway and starts a dead one again. */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { home, lifeline, changed } = options
  const { adopt } = options
  const port = adopt?.port ?? (await freePort(options.port))
  const gatewayFolder = join(home, 'gateways', gatewayId)
  const logs = join(home, 'logs')
  for (const folder of [gatewayFolder, logs]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const metricsPort =
    adopt?.gateway === undefined
      ? await keptMetricsPort(gatewayFolder)
      : (readPort(join(gatewayFolder, 'metrics.json')) ?? 0)

  const gateway = superviseChild(
    {
      name: `gateway ${gatewayId}`,
      args: [
        ...gatewayFlags,
        entry('gateway.ts'),
        '--dir',
        gatewayFolder,
        '--id',
        gatewayId,
        '--metrics-port',
        String(metricsPort),
        '--workers',
        String(options.workers),
      ],
      log: join(logs, `gateway-${gatewayId}.log`),
      restart: true,
      ...(adopt?.gateway === undefined ? {} : { adopt: adopt.gateway }),
    },
    lifeline,
    changed,
  )
  const controlPlane = superviseChild(
    {
      name: 'control plane',
      args: [
        entry('controlPlane.ts'),
        '--home',
        home,
        '--port',
        String(port),
        '--config',
        options.config,
        '--run',
        `${process.pid}-${Date.now()}`,
        ...(options.isDemo === true ? ['--demo'] : []),
      ],
      log: join(logs, 'control-plane.log'),
      restart: true,
      secrets: options.secrets,
      ...(adopt?.controlPlane === undefined ? {} : { adopt: adopt.controlPlane }),
    },
    lifeline,
    changed,
  )
  let load: Child | undefined
  return {
    api: `http://127.0.0.1:${port}`,
    metrics: `http://127.0.0.1:${metricsPort}/metrics`,
    controlPlane,
    gateway,
    startLoad: (args) => {
      load = superviseChild(
        {
          name: 'load',
          args: [entry('../load/main.ts'), ...args],
          log: join(logs, 'load.log'),
          restart: false,
        },
        lifeline,
        changed,
      )
      return load
    },
    end: async () => {
      // Whoever starts again what ends goes first; the longest of it together is below the 10 s that are promised.
      await Promise.all([load?.stop(1_000), controlPlane.stop(3_000)])
      await Promise.all([endInstances(home), gateway.stop(3_500)])
      forgetApi(home, `http://127.0.0.1:${port}`)
    },
  }
}

/** Whoever scrapes it knows the port: it stays the same while it is free. */
async function keptMetricsPort(folder: string): Promise<number> {
  const kept = readPort(join(folder, 'metrics.json'))
  if (kept !== undefined) {
    try {
      return await freePort(kept)
    } catch {
      // Taken by another program meanwhile.
    }
  }
  return freePort('auto')
}

function readPort(path: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { port?: number }).port
  } catch {
    // No gateway has run here yet.
    return undefined
  }
}
