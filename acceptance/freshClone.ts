import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const repository = resolve(import.meta.dirname, '..')

/**
 * A clone of this repository, or a copy of its working tree when that differs from the last commit.
 *
 * @param modules whether the dependencies that are installed here come along; else the launcher installs them.
 */
export function freshClone(folder: string, modules: boolean): string {
  const isClean = run('git', ['status', '--porcelain']).trim() === ''
  if (isClean) run('git', ['clone', '--quiet', repository, folder])
  else {
    mkdirSync(folder, { recursive: true })
    execFileSync(
      'sh',
      [
        '-c',
        'git ls-files -co --exclude-standard -z | xargs -0 sh -c \'for f; do [ ! -e "$f" ] || printf "%s\\0" "$f"; done\' sh | tar --null -T - -cf - | tar -xf - -C "$1"',
        'sh',
        folder,
      ],
      { cwd: repository },
    )
  }
  if (modules && existsSync(join(repository, 'node_modules')))
    run('cp', ['-al', join(repository, 'node_modules'), join(folder, 'node_modules')])
  return folder
}

function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}
