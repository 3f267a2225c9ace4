import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openApi } from '../api.ts'
import { runIn } from '../cli.ts'
import { caused, describeClient, describeSeen, serverErrors, startClient } from '../client.ts'
import type { ReadyFile } from '../documents.ts'
import { describeProcess, findByHome, isPortFree, kill, listeningPorts, startTicks } from '../processes.ts'
import type { Row } from '../row.ts'
import { tryFor } from '../waitFor.ts'

const config = `cofferdam: 1
environments:
  live:
    hosts: 2
    front: { port: auto, servedBy: always }
  trial:
    hosts: 1
    egress: none
    front: { port: auto, servedBy: always }
pipeline:
  stages:
    - { name: trial, environment: trial }
    - { name: canary, environment: live, shares: [5%, 10%] }
    - { name: production, environment: live, batch: 25%, keepPrevious: until-bake }
services:
  echo:
    from: echo
    owner: me
    routes: [/echo]
    run: node server.mjs
    tests:
      answers: { kind: probe, request: GET /echo, expect: { status: 200, text: "hello" } }
`

const server = `import { createServer } from 'node:http'
const server = createServer((request, response) => response.end('hello from ' + process.env.COFFERDAM_HOST + '\\n'))
server.keepAliveTimeout = 90_000
server.listen(Number(process.env.PORT), process.env.HOST)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`

export const row: Row = {
  id: 19,
  title: 'what `up` started outlives its supervisor and control plane, and `down` ends all of it',
  run: async (context, report) => {
    const folder = context.folder()
    mkdirSync(join(folder, 'echo'))
    writeFileSync(join(folder, 'cofferdam.yaml'), config)
    writeFileSync(join(folder, 'echo', 'server.mjs'), server)
    const [home, readyFile, clone] = [join(folder, 'h'), join(folder, 'ready.json'), context.clone()]
    const up = () => runIn(clone, folder, ['up', '--home', home, '--ready-file', readyFile], 90_000)
    const readReady = () => JSON.parse(readFileSync(readyFile, 'utf8')) as ReadyFile
    try {
      const first = await up()
      if (
        !report.check(
          first.code === 0,
          `up: exit ${first.code} (0) after ${((first.endedAtMs - first.startedAtMs) / 1000).toFixed(1)} s ${first.code === 0 ? '' : first.stderr.slice(-300)}`,
        )
      )
        return
      const ready = readReady()
      const client = await startClient({ front: ready.environments['live']?.front ?? '', path: '/echo' })
      const before = await identities(ready)
      report.check(before.length === 3, `${before.length} instances (3)`)
      for (const pid of [ready.pid, ready.controlPlane.pid]) kill(pid, 'SIGKILL')
      await pause(3_000)
      const second = await up()
      const after = await identities(readReady())
      await pause(2_000)
      const seen = await client.stop()
      report.measure(describeClient(seen))
      report.check(
        second.code === 0,
        `up again: exit ${second.code} (0) ${second.code === 0 ? '' : second.stderr.slice(-300)}`,
      )
      report.check(JSON.stringify(before) === JSON.stringify(after), `same pids and start times: ${after.join(', ')}`)
      const failed = [...caused(seen), ...serverErrors(seen)]
      report.check(
        seen.length > 300 && failed.length === 0,
        `C: ${failed.length} failures caused of ${seen.length} (0)${failed[0] ? `: ${describeSeen(failed[0])}` : ''}`,
      )
      const ports = listeningPorts(findByHome(home))
      const down = await runIn(clone, folder, ['down', '--home', home], 60_000)
      report.check(down.code === 0, `down: exit ${down.code} (0)`)
      await tryFor(() => (findByHome(home).length === 0 ? true : undefined), { withinMs: 5_000 })
      const left = findByHome(home)
      report.check(
        left.length === 0,
        `then nothing is left${left.length > 0 ? `, but ${left.map(describeProcess).join('; ')}` : ''}`,
      )
      const taken = []
      for (const port of ports) if (!(await isPortFree(port))) taken.push(port)
      report.check(
        ports.length >= 5 && taken.length === 0,
        `${ports.length} ports were listened on, ${taken.length} still are`,
      )
    } finally {
      await runIn(clone, folder, ['down', '--home', home], 60_000)
      for (const pid of findByHome(home)) kill(pid, 'SIGKILL')
    }
  },
}

async function identities(ready: ReadyFile): Promise<readonly string[]> {
  const { environments } = await openApi(ready.api, ready.tokenFile).status()
  return environments.flatMap(({ name, services }) =>
    services.flatMap((service) =>
      service.hosts.map((host) => `${name}/${service.name}/${host.id}=${host.pid}@${startTicks(host.pid ?? 0)}`),
    ),
  )
}
