import { existsSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { uiConfig } from './uiConfig.ts'

/**
 * Builds `web/` into `web/dist`. It is built beside and moved into place: whoever looks on while two build at the same
 * time sees a whole build, this one or the other.
 */
const web = resolve(import.meta.dirname, '../web')
const made = join(web, `dist-${process.pid}`)
const place = join(web, 'dist')
const old = join(web, `dist-${process.pid}-old`)

try {
  await build({ ...uiConfig, build: { ...uiConfig.build, outDir: made } })
  try {
    if (existsSync(place)) renameSync(place, old)
    renameSync(made, place)
  } catch (error) {
    // Another build was put there in the same moment: it is as new as this one.
    if (!existsSync(join(place, 'index.html'))) throw error
  }
} finally {
  for (const folder of [made, old]) rmSync(folder, { recursive: true, force: true })
}
