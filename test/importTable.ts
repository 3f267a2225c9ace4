/** What the files of one folder of `src/`, and those of `web/`, may import: the table that ARCHITECTURE.md shows and the test enforces. */
export interface ImportRule {
  /** Folders or files of `src/`. */
  readonly ours: readonly string[]
  /** Only as types: `import type`. */
  readonly types?: readonly string[]
  /** Only by `import()` at the moment of use. */
  readonly lazy?: readonly string[]
  /** Packages, or `node:*`. */
  readonly packages: readonly string[]
  readonly why: string
}

export const importTable: Readonly<Record<string, ImportRule>> = {
  domain: { ours: ['domain'], packages: [], why: 'pure: no input or output, no clock, no randomness' },
  certificates: {
    ours: ['certificates'],
    packages: ['node:crypto', 'node:fs/promises', 'node:tls'],
    why: 'one reading of a certificate and its key, for who checks a file and for who serves with it',
  },
  config: {
    ours: ['config', 'domain', 'certificates'],
    packages: ['zod', 'yaml', 'node:path', 'node:fs/promises'],
    why: 'reads the files that a `cofferdam.yaml` names; moves nothing',
  },
  engine: {
    ours: ['engine', 'domain'],
    packages: [],
    why: 'reaches the world through `engine/ports.ts` alone, so that a fake world can run it',
  },
  store: {
    ours: ['store', 'domain'],
    types: ['engine/ports.ts'],
    packages: ['node:*'],
    why: 'implements a port',
  },
  runtime: { ours: ['runtime', 'domain'], types: ['engine/ports.ts'], packages: ['node:*'], why: 'implements a port' },
  adapters: {
    ours: ['adapters', 'domain'],
    types: ['engine/ports.ts'],
    packages: ['node:*'],
    why: 'implements ports; each folder is one outside system',
  },
  gateway: {
    ours: ['gateway', 'certificates', 'domain/routing', 'domain/environment', 'domain/analysis/durationBuckets.ts'],
    packages: ['node:*', 'undici'],
    why: 'lives when everything else is dead; shares the edges of the duration histogram with the judge, nothing else of it',
  },
  load: { ours: ['load'], packages: ['node:*', 'undici', 'yaml'], why: 'a user from outside: nothing of ours' },
  http: {
    ours: ['http', 'domain', 'config', 'engine'],
    packages: ['node:*', 'fastify', 'zod'],
    why: 'the public edge; never store, runtime or adapters',
  },
  web: {
    ours: ['web'],
    types: ['http/contract'],
    packages: [
      'react',
      'react-dom/client',
      '@tanstack/react-query',
      '@tanstack/react-router',
      'lucide-react',
      'uplot',
      'uplot/dist/uPlot.min.css',
    ],
    why: 'runs in a browser: of the server it knows the documents of the API, as types, and nothing else',
  },
  doctor: {
    ours: ['doctor', 'domain', 'store', 'runtime', 'adapters/gateway'],
    types: ['engine/ports.ts'],
    packages: ['node:*'],
    why: 'looks at a home from outside, also when nothing of it runs',
  },
  cli: {
    ours: ['cli', 'http/contract', 'config', 'domain'],
    types: ['doctor/finding.ts'],
    lazy: ['main', 'doctor'],
    packages: ['node:*', 'commander'],
    why: 'talks to the API; only what starts, stops or repairs a home loads a composition root or the doctor',
  },
  main: {
    ours: [
      'main',
      'adapters',
      'certificates',
      'config',
      'domain',
      'engine',
      'gateway',
      'http',
      'runtime',
      'store',
      'load',
    ],
    packages: ['node:*', 'yaml'],
    why: 'composition roots: wiring, no logic',
  },
}

/** What tests and contract suites may import besides. */
export const testPackages: readonly string[] = ['vitest', 'fast-check', 'node:*', 'react-dom/server']
/** What the tests of a folder may borrow from others: fakes that pass the same contract suite as the real thing. */
export const testBorrows: Readonly<Record<string, readonly string[]>> = {
  engine: ['runtime/memory', 'store/memory'],
  web: ['cli/print'],
}
