import { readdir, readFile } from 'node:fs/promises'

/**
 * Kills every process whose `COFFERDAM_INSTANCE` is `folder` or below it, also those that left their group.
 * Returns how many there were.
 */
export async function killByCookie(folder: string): Promise<number> {
  let killed = 0
  const own = `\0COFFERDAM_INSTANCE=${folder}`
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    const environment = `\0${await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '')}\0`
    if (!environment.includes(`${own}\0`) && !environment.includes(`${own}/`)) continue
    try {
      process.kill(Number(name), 'SIGKILL')
      killed += 1
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return killed
}
