import type { InstanceSpec } from '../../src/domain/catalog/instance.ts'
import { instanceEnvironment } from '../../src/runtime/process/environment.ts'
import { formatTable } from '../markdown.ts'

const spec: InstanceSpec = {
  id: 'production-pay-1-0',
  generation: 1,
  environment: 'production',
  service: 'pay',
  host: '1',
  build: { digest: 'sha256:00', name: 'first' },
  command: ['node', 'main.ts'],
  ready: { path: '/healthz', withinMs: 10_000 },
  graceMs: 3_000,
  settings: { PAGE_SIZE: { kind: 'value', value: '20' } },
  data: [
    { name: 'main', kind: 'sqlite', access: 'write' },
    { name: 'cache', kind: 'sqlite', access: 'write' },
  ],
  backDoorPort: 1,
  crashes: { times: 3, withinMs: 60_000 },
}

const meanings: Readonly<Record<string, string>> = {
  PAGE_SIZE: 'each setting under its own name (here `PAGE_SIZE`); a secret by value, and only here',
  DATABASE_URL: 'the data store `main`: `sqlite:<home>/data/<environment>/<service>/main.db`',
  DATABASE_CACHE_URL: 'any other data store, here `cache`',
  PATH: 'the folder of the pinned Node first',
  LANG: 'as the control plane has it, if it has it',
  TZ: 'as the control plane has it, if it has it',
  HOST: 'where to listen; `127.0.0.1`',
  PORT: 'where to listen; a port that the runtime reserved, the same for the whole life of the instance',
  COFFERDAM_BACK_DOOR: 'where to call other services: `$COFFERDAM_BACK_DOOR/api/…`, the same paths as at a front door',
  COFFERDAM_SERVICE: 'its own name',
  COFFERDAM_ENVIRONMENT: 'the environment it runs in',
  COFFERDAM_BUILD: 'the name of its build',
  COFFERDAM_HOST: '`1` … `n`, `canary-1`, `baseline-1`',
  COFFERDAM_INSTANCE: 'absolute path of its folder `instances/<id>`',
}

/** Every variable that an instance gets, as the code makes it. */
export function instanceVariables(): readonly string[] {
  return Object.keys(
    instanceEnvironment(
      spec,
      { home: '/state', folder: '/state/instances/x', port: 1 },
      { LANG: 'C', TZ: 'UTC', PATH: '/bin' },
    ),
  )
}

/** `docs/reference/runtime.md`. */
export function runtimePage(): string {
  const rows = instanceVariables().map((name) => [`\`${name}\``, meanings[name] ?? '**not documented**'])
  return `# What a service sees

A service is any program that listens on \`HOST:PORT\`, answers its health path, and sends its calls to its back door. The table
is generated from \`src/runtime/process/environment.ts\`; an instance gets nothing else of our environment.

${formatTable(['variable', 'meaning'], rows)}

## Life of an instance

- It runs its command in its snapshot, \`builds/<sha256>/\`, which is read-only. The command is split into words; no shell sees it.
- **Stores.** Before the first instance of a build, \`migrate\` runs for each data store, and \`seed\` for a new one, with an
  instance's environment, one at a time per service and environment, at most 60 s each. An exit other than 0 means that the
  build never starts there.
- **Ready** when \`GET <ready.path>\` (default \`/healthz\`) answers 2xx within 1 s. Not so within \`ready.within\` (default 10 s):
  \`not-ready\`. The path should say nothing about dependencies, else one slow service takes others out.
- **Exits** are answered by a new start after 0.25, 0.5, 1, 2 … 30 s. \`guards.crashes.times\` exits within its window:
  \`crash-loop\`, and the build goes back.
- **Stop.** It leaves the route table; requests in flight end, for at most 3 s; TERM to the process; after \`stop.grace\`
  (default 3 s) KILL to its process group.
- **Logs.** stdout and stderr, a line each, go to \`instances/<id>/log\`, copied and truncated at 10 MB, 3 kept.
  \`./cofferdam logs SERVICE\` reads them; of removed instances the last 1 MB stays in \`logs/removed/\`, of the 200 newest; \`./cofferdam logs SERVICE --promotion P\` reads it.

## What it should pass on

A service copies \`x-request-id\`, \`baggage\` and \`traceparent\` from the request it serves to the calls it makes. The front door sets
\`x-request-id\`; one that came from outside is kept as \`x-client-request-id\`.

## What an answer tells

\`x-cofferdam-served-by: SERVICE@ENVIRONMENT/BUILD;host=HOST;layer=LAYER\` says who gave it. A door sends it \`always\`, to requests with
a key (\`keyed\`), or \`never\`. \`x-cofferdam-refused: RULE\` says that the gateway itself answered: [the rules](holds.md).

## WebSockets and event streams

A WebSocket is routed like any request and counted once, by its handshake: a 101 is good. It is closed with 1012 ten seconds after
nothing leads to its host any more (the layer went back, the host left the table), at once when that host ends, and with 1001 when
the gateway stops or nothing moved for 75 s. A gateway has room for 10,000. h2c and other upgrades are taken out of a request.

An answer's head leaves at once. A stream of events (\`text/event-stream\`) counts with the time to its head, also when its client leaves;
it too is cut when nothing moves for 75 s, and such a cut is bad: send a comment line more often than that.

## Tests of kind \`suite\`

They run in a copy of the snapshot, in a process group of their own, with \`COFFERDAM_FRONT_DOOR\`, \`COFFERDAM_SERVICE\` and
\`COFFERDAM_ENVIRONMENT\`. Output is kept to 1 MB, head and tail; at \`timeout\` the group is killed.

## The folder of state

\`$COFFERDAM_HOME\`, default \`./.cofferdam\`, mode 0700: \`token\`, \`state.db\`, \`lock\`, \`api.json\`, \`builds/<sha256>/\`,
\`instances/<id>/{pid,start,exit,generation,log}\`, \`gateways/<id>/{table.json,admin.sock}\`, \`data/<environment>/<service>/<store>.db\`, \`logs/\`.
`
}
