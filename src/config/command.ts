/** The words of a command, or why the text is not one. */
export type CommandWords =
  | { readonly ok: true; readonly words: readonly string[] }
  | { readonly ok: false; readonly why: string }

const longestCommand = 10_000
const shellOperator = /^(?:&&?|\|\|?|;|[0-9]?>>?|[0-9]?<|[0-9]?>&[0-9])$|^[^;]+;$/

/**
 * Splits a command into words at white space. `'…'` and `"…"` keep white space and operators inside a word; nothing
 * else has a meaning: no variables, no escapes, no operators, because the command is never given to a shell. A word
 * that only a shell would understand is refused instead of being passed on silently.
 */
export function splitCommand(text: string): CommandWords {
  if (text.length > longestCommand) return { ok: false, why: `it is longer than ${longestCommand} characters` }
  if (text.includes('\0')) return { ok: false, why: 'it contains a NUL character' }
  const words: string[] = []
  const part = /(?<space>\s+)|'(?<single>[^']*)'|"(?<double>[^"]*)"|(?<plain>[^\s'"]+)|(?<open>['"])/gy
  let word: string | undefined
  let quoted = false
  for (const match of text.matchAll(part)) {
    const groups = match.groups ?? {}
    if (groups['open'] !== undefined) return { ok: false, why: `the quote ${groups['open']} is not closed` }
    if (groups['space'] === undefined) {
      quoted ||= groups['plain'] === undefined
      word = (word ?? '') + (groups['single'] ?? groups['double'] ?? groups['plain'] ?? '')
      if (match.index + match[0].length < text.length) continue
    }
    if (word === undefined) continue
    if (!quoted && shellOperator.test(word))
      return { ok: false, why: `\`${word}\` needs a shell, and no shell runs it` }
    words.push(word)
    word = undefined
    quoted = false
  }
  if (words.length === 0 || words[0] === '') return { ok: false, why: 'it names no program' }
  return { ok: true, words }
}
