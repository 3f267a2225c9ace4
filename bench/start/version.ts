import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { median, spread } from './ratios.ts'

function timeOf(command: string, args: readonly string[], cwd: string): number {
  const startedAtMs = performance.now()
  const ended = spawnSync(command, args, { cwd, stdio: 'ignore' })
  if (ended.status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${ended.status}`)
  return performance.now() - startedAtMs
}

/** `./cofferdam --version` beside `node -e 0` of the same Node, in turns; milliseconds. */
export function compareVersion(clone: string, runs: number): string {
  const launcher = join(clone, 'cofferdam')
  // The first writes the compile cache.
  timeOf(launcher, ['--version'], clone)
  const [ours, bare, ratios]: [number[], number[], number[]] = [[], [], []]
  for (let run = 0; run < runs; run += 1) {
    bare.push(timeOf(process.execPath, ['-e', '0'], clone))
    ours.push(timeOf(launcher, ['--version'], clone))
    ratios.push(ours.at(-1)! / bare.at(-1)!)
  }
  const [low, high] = [Math.min(...ratios).toFixed(2), Math.max(...ratios).toFixed(2)]
  return `| \`--version\` | ${spread(ours)} ms | \`node -e 0\`: ${spread(bare)} ms | ${(median(ours) / median(bare)).toFixed(2)} × (pairs: ${low}–${high}) | ≤ 2 × |`
}
