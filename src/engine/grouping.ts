/** Groups the same list once, by service of an environment. */
export function createGrouping<T>(
  keyOf: (one: T) => { readonly environment: string; readonly service: string },
): (list: readonly T[], environment: string, service: string) => readonly T[] {
  const groups = new WeakMap<readonly T[], Map<string, T[]>>()
  return (list, environment, service) => {
    const known = groups.get(list) ?? group(list, keyOf)
    groups.set(list, known)
    return known.get(`${environment}/${service}`) ?? []
  }
}

function group<T>(
  list: readonly T[],
  keyOf: (one: T) => { readonly environment: string; readonly service: string },
): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of list) {
    const { environment, service } = keyOf(one)
    const key = `${environment}/${service}`
    const known = groups.get(key)
    if (known) known.push(one)
    else groups.set(key, [one])
  }
  return groups
}
