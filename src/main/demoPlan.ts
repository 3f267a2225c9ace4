import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { CofferdamError } from '../domain/errors.ts'
import packageJson from '../../package.json' with { type: 'json' }

/** The example that the demo runs: found through package.json, so that no name of it stands in the code. */
export interface DemoPlan {
  readonly folder: string
  readonly config: string
  /** File whose `load` part the load generator reads. */
  readonly planFile: string
  readonly builds: readonly DemoBuild[]
}

export interface DemoBuild {
  readonly service: string
  readonly name: string
  readonly about: string
  /** Files that are laid over the service's working folder. */
  readonly overlay: string
}

export function readDemoPlan(): DemoPlan {
  const folder = resolve(import.meta.dirname, '../..', packageJson.cofferdam.demo)
  const planFile = join(folder, 'demo.yaml')
  const plan = parse(readFileSync(planFile, 'utf8')) as {
    builds?: Record<string, readonly { name: string; about?: string }[]>
  }
  const builds = Object.entries(plan.builds ?? {}).flatMap(([service, list]) =>
    list.map(({ name, about }) => ({
      service,
      name,
      about: about ?? '',
      overlay: join(folder, 'builds', service, name),
    })),
  )
  return { folder, config: join(folder, 'cofferdam.yaml'), planFile, builds }
}

/** A copy of the working folder with the build's own files laid over it; the caller removes it. */
export function layOver(
  home: string,
  from: string,
  build: DemoBuild,
): { readonly folder: string; readonly remove: () => void } {
  if (!existsSync(build.overlay))
    throw new CofferdamError(
      'not-a-service-folder',
      `${build.overlay}, the files of build "${build.name}", does not exist`,
    )
  const folder = mkdtempSync(join(home, 'demo-build-'))
  cpSync(from, folder, { recursive: true })
  cpSync(build.overlay, folder, { recursive: true })
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
