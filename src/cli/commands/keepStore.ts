import { resolve } from 'node:path'
import type { CommandInput } from '../command.ts'

export async function backup({ args, home, terminal, print }: CommandInput): Promise<number> {
  const { backUp } = await import('../../main/keepStore.ts')
  const made = backUp(home, resolve(terminal.cwd, args[0] ?? ''))
  print(made, () => `${made.file}: ${made.bytes} bytes, up to event ${made.lastEvent}\n`)
  return 0
}

export async function restore({ args, options, home, terminal, print }: CommandInput): Promise<number> {
  const { restore: put } = await import('../../main/keepStore.ts')
  const restored = await put(home, resolve(terminal.cwd, args[0] ?? ''), options.flag('stop'))
  print(restored, () => {
    const kept = restored.before === undefined ? '' : `what was there is ${restored.before}\n`
    return `restored up to event ${restored.lastEvent - 1}\n${kept}start the control plane with \`cofferdam up\`; what serves users goes on meanwhile\n`
  })
  return 0
}

export async function rotateToken({ home, print }: CommandInput): Promise<number> {
  const { replaceToken } = await import('../../main/keepStore.ts')
  const tokenFile = replaceToken(home)
  print(
    { tokenFile, rotated: true },
    () => `${tokenFile} has a new token; the old one and every browser session are refused from now on\n`,
  )
  return 0
}
