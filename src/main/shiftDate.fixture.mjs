// Preloaded with NODE_OPTIONS=--import: the wall clock of this process is as many ms off as the file says. What is
// monotonic stays, as when somebody sets the clock of a machine.
import { readFileSync } from 'node:fs'

const file = process.env.SHIFT_DATE_FILE ?? `${process.env.HOME}/shift`
const RealDate = Date
const lookEveryMs = 20
let lookedAt = -Infinity
let offMs = 0

function now() {
  if (performance.now() - lookedAt > lookEveryMs) {
    lookedAt = performance.now()
    try {
      offMs = Number(readFileSync(file, 'utf8')) || 0
    } catch {
      offMs = 0
    }
  }
  return RealDate.now() + offMs
}

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(now())
    else super(...given)
  }
  static now() {
    return now()
  }
}
