import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Builds, Tests } from '../../engine/ports.ts'
import { killByCookie } from './cookie.ts'
import { runProbe } from './probe.ts'
import { runSuite } from './suite.ts'

export interface TestsOptions {
  /** Working copies of suites live in its `tests/`, and are gone when a suite ends. */
  readonly home: string
  readonly builds: Builds
  /** Where PATH, LANG and TZ come from; the control plane's own environment by default. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Runs probes and suites. The first run ends what suites of an earlier control plane on this home left behind. */
export function createTests(options: TestsOptions): Tests {
  const folder = join(resolve(options.home), 'tests')
  const place = { builds: options.builds, folder, own: options.env ?? process.env }
  let swept: Promise<void> | undefined
  return {
    run: async (test, context) => {
      if (test.kind === 'probe') return runProbe(test, context)
      await (swept ??= sweep(folder))
      return runSuite(test, context, place)
    },
  }
}

async function sweep(folder: string): Promise<void> {
  await killByCookie(folder)
  await rm(folder, { recursive: true, force: true })
}
