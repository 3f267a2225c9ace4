import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { startDemo } from '../demo.ts'
import { freshClone } from '../freshClone.ts'
import type { Row } from '../row.ts'

const withinMs = 20_000

export const row: Row = {
  id: 1,
  title: 'a fresh clone in an empty home is ready within 20 s of the install',
  run: async (context, report) => {
    const demo = context.quick ? await context.demo() : await startFromNothing(context.folder(), context.rate)
    try {
      const stamp = join(demo.clone, 'node_modules', '.cofferdam-lock')
      const installedAtMs = Math.max(demo.startedAtMs, existsSync(stamp) ? statSync(stamp).ctimeMs : 0)
      const ms = demo.readyAtMs - installedAtMs
      report.measure(
        `installed after ${((installedAtMs - demo.startedAtMs) / 1000).toFixed(1)} s, ready ${(ms / 1000).toFixed(1)} s later`,
      )
      report.check(ms <= withinMs, `ready file ${(ms / 1000).toFixed(1)} s after the install's end (at most 20)`)
      const ready = demo.ready()
      report.check(
        ready.schema === 'cofferdam.ready/1' && ready.pid === demo.pid,
        `schema ${ready.schema}, pid ${ready.pid} is the demo's`,
      )
      const status = (await demo.cli(['status'])).json as {
        readonly environments: readonly {
          readonly name: string
          readonly services: readonly {
            readonly hosts: readonly { readonly pid: number | null; readonly ready: boolean }[]
          }[]
        }[]
      }
      for (const [name, hosts] of [
        ['production', 16],
        ['staging', 4],
      ] as const) {
        const found =
          status.environments.find((one) => one.name === name)?.services.flatMap((service) => service.hosts) ?? []
        const pids = new Set(found.filter((host) => host.ready).map((host) => host.pid))
        report.check(pids.size === hosts && !pids.has(null), `${pids.size} distinct ready pids in ${name} (${hosts})`)
      }
    } finally {
      if (!context.quick) await demo.sweep()
    }
  },
}

/** No dependencies come along: the launcher installs them. */
async function startFromNothing(folder: string, rate: number) {
  const clone = freshClone(join(folder, 'clone'), false)
  mkdirSync(join(folder, 'd'))
  return startDemo({ clone, folder: join(folder, 'd'), rate, withinMs: 300_000 })
}
