const first = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gina', 'Hugo', 'Ida', 'Jon', 'Kim', 'Leo', 'Mia', 'Nils']
const last = ['Abbot', 'Baker', 'Cole', 'Drew', 'Elm', 'Frost', 'Grey', 'Hart', 'Ives', 'Jones', 'Kent', 'Lane', 'Moss']
const notAsciiFirst = ['Zoë', 'Jürgen', 'Søren', 'Łucja', '美咲', 'Николай', 'Çağla']

/**
 * Makes `count` different names, always the same ones; `notAscii` of them (a fraction) hold letters beyond ASCII,
 * spread evenly over the list.
 */
export function makeUserNames(count: number, notAscii: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => {
    const isNotAscii = Math.floor((n + 1) * notAscii) > Math.floor(n * notAscii)
    const firsts = isNotAscii ? notAsciiFirst : first
    return `${firsts[n % firsts.length]} ${last[n % last.length]} ${n + 1}`
  })
}
