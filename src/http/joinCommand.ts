/** The words of a command as one string that splits into them again. */
export function joinCommand(words: readonly string[]): string {
  return words.map(quote).join(' ')
}

/** A word may hold one kind of quote; one with both is written in parts, which stay one word when nothing is between. */
function quote(word: string): string {
  if (/^[^\s'"&|;<>]+$/.test(word)) return word
  if (!word.includes("'")) return `'${word}'`
  return word
    .split(/('+)/)
    .filter((part) => part !== '')
    .map((part) => (part.startsWith("'") ? `"${part}"` : `'${part}'`))
    .join('')
}
