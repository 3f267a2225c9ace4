import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Traffic } from '../../engine/ports.ts'
import { explain, getCells, getPools, getRequests, getState, postWatched, putTable } from './adminClient.ts'

/** For one call. The way back waits for this at most when a gateway hangs. */
const callMs = 2_000
/** The gateway writes a table to disk before it answers. */
const putMs = 10_000

function gatewaysIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** The gateways of a home, over their admin sockets (`gateways/<id>/admin.sock`); a gateway belongs to the home while its folder does. */
export function createTraffic(home: string): Traffic {
  const folder = join(home, 'gateways')
  const socketOf = (gateway: string): string => join(folder, gateway, 'admin.sock')
  return {
    gateways: () => gatewaysIn(folder),
    state: async (gateway) => await getState(socketOf(gateway), callMs),
    put: async (gateway, table) => await putTable(socketOf(gateway), table, putMs),
    watched: async (gateway, layers, generation) => {
      await postWatched(socketOf(gateway), layers, generation, callMs)
    },
    cells: async (gateway, after, waitMs) => await getCells(socketOf(gateway), after, waitMs, callMs),
    pools: async (gateway) => await getPools(socketOf(gateway), callMs),
    explain: async (gateway, request) => await explain(socketOf(gateway), request, callMs),
    requests: async (gateway, filter) => await getRequests(socketOf(gateway), filter, callMs),
  }
}
