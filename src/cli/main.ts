import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// The launcher has done so already; this is for those who start it without.
enableCompileCache()

const words = process.argv.slice(2)

// Asked for by scripts at every turn, so it loads nothing else.
if (words.filter((word) => word !== '--json').every(isVersion) && words.some(isVersion)) {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as {
    version: string
  }
  process.stdout.write(words.includes('--json') ? `${JSON.stringify({ version })}\n` : `${version}\n`)
} else {
  // `cofferdam status | head` is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  // Where nobody can be told, there is nothing to do about it: what runs in the foreground goes on.
  process.stderr.on('error', () => undefined)
  const { runCli } = await import('./runCli.ts')
  process.exitCode = await runCli(words, {
    env: process.env,
    cwd: process.cwd(),
    isTty: process.stdout.isTTY,
    columns: process.stdout.columns,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  })
}

function isVersion(word: string): boolean {
  return word === '--version' || word === '-V'
}
