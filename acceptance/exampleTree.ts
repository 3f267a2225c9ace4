import { randomBytes } from 'node:crypto'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from './context.ts'
import type { Demo } from './demo.ts'
import type { Build } from './documents.ts'

/** The working folder of a service of the example. */
export function serviceFolder(clone: string, service: string): string {
  return join(clone, 'examples', 'blog', 'services', service)
}

/** A copy of the service's folder outside the repository, with a defect of the example laid over, and a file that no other build has. */
export function layTree(context: Context, service: string, defect?: string): string {
  const folder = join(context.folder(), 'tree')
  cpSync(serviceFolder(context.clone(), service), folder, { recursive: true })
  if (defect !== undefined)
    cpSync(join(context.clone(), 'examples', 'blog', 'builds', service, defect), folder, { recursive: true })
  writeFileSync(join(folder, 'NOTE'), `${randomBytes(12).toString('hex')}\n`)
  return folder
}

/** A name that says nothing. */
export function drawName(): string {
  return `build-${randomBytes(3).toString('hex')}`
}

/** `build add` under a name that says nothing. */
export async function addTree(demo: Demo, service: string, folder: string, name = drawName()): Promise<Build> {
  const added = await demo.cli(['build', 'add', service, '--from', folder, '--name', name], 60_000)
  if (added.code !== 0)
    throw new Error(`build add ${service} --from ${folder}: exit ${added.code} ${added.stdout}${added.stderr}`)
  return added.json as Build
}
