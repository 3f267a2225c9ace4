import type { Finding } from '../../doctor/finding.ts'
import type { CommandInput } from '../command.ts'

export async function doctor({ home, print }: CommandInput): Promise<number> {
  const { examineHome } = await import('../../doctor/examineHome.ts')
  const findings = await examineHome(home)
  const wrong = findings.filter((finding) => !finding.ok)
  print({ ok: wrong.length === 0, home, findings }, () => {
    const lines = findings.map(formatFinding).join('')
    return `${lines}${wrong.length === 0 ? 'nothing is wrong' : `${wrong.length} of ${findings.length} findings need you`}\n`
  })
  return wrong.length === 0 ? 0 : 1
}

function formatFinding({ ok, check, what, value, good, remedy }: Finding): string {
  const line = `${ok ? 'ok   ' : 'WRONG'} ${check.padEnd(12)} ${what}: ${value}`
  return ok ? `${line}\n` : `${line}\n      good is: ${good}\n      what helps: ${remedy}\n`
}
