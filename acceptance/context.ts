import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Demo, startDemo, waitForTraffic } from './demo.ts'
import { freshClone } from './freshClone.ts'

export interface ContextOptions {
  readonly quick: boolean
  readonly rate: number
  readonly runs?: number
  readonly keep: boolean
}

/** What a row gets: a clone, demos, and how often to run. */
export interface Context {
  readonly quick: boolean
  /** Visits a second. */
  readonly rate: number
  /** How often a row is run: `--runs`, once with `--quick`, else as the table says. */
  readonly runs: (full: number) => number
  /** A clone with the dependencies of this repository; the same for all rows. */
  readonly clone: () => string
  /** A new empty folder, gone at the end. */
  readonly folder: () => string
  /** The demo that the quick rows share; in the long run a row has its own. */
  readonly demo: () => Promise<Demo>
  readonly ownDemo: (rate: number) => Promise<Demo>
  /** Forgets the shared demo, because a row ended it. */
  readonly release: () => void
  /** What one row did and another need not do again. */
  readonly facts: Map<string, unknown>
  readonly endDemos: () => Promise<readonly string[]>
  readonly close: () => Promise<readonly string[]>
}

/** Visits a second from which a deploy is not held for want of traffic. */
const enoughToTell = 100

export function createContext(options: ContextOptions): Context {
  const root = mkdtempSync(join(tmpdir(), 'cfa-'))
  const demos: Demo[] = []
  let clone: string | undefined
  let shared: Demo | undefined
  let folders = 0
  const folder = () => {
    const path = join(root, String((folders += 1)))
    mkdirSync(path)
    return path
  }
  const getClone = () => (clone ??= freshClone(join(root, 'clone'), true))
  const ownDemo = async (rate: number) => {
    const demo = await startDemo({ clone: getClone(), folder: folder(), rate })
    demos.push(demo)
    if (rate >= enoughToTell)
      process.stdout.write(
        `       ready; \`plan\` can tell ${((await waitForTraffic(demo)) / 1000).toFixed(1)} s later\n`,
      )
    return demo
  }
  const endDemos = async () => {
    shared = undefined
    const left: string[] = []
    for (const demo of demos.splice(0)) left.push(...(await demo.sweep()))
    return left
  }
  return {
    quick: options.quick,
    rate: options.rate,
    runs: (full) => options.runs ?? (options.quick ? 1 : full),
    clone: getClone,
    folder,
    demo: async () => (shared ??= await ownDemo(options.rate)),
    ownDemo,
    release: () => (shared = undefined),
    facts: new Map(),
    endDemos,
    close: async () => {
      const left = await endDemos()
      if (options.keep) process.stdout.write(`kept: ${root}\n`)
      else rmSync(root, { recursive: true, force: true })
      return left
    },
  }
}
