/** A section with what another one says laid over it, field by field; keys that are undefined there are not said. */
export function mergeSections<T extends object>(below: T, above: object): T {
  const merged: Record<string, unknown> = { ...(below as Record<string, unknown>) }
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key]
    if (value === undefined) continue
    merged[key] = isMap(value) && isMap(under) ? mergeSections(under, value) : value
  }
  return merged as T
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
