/** A setting's value in an environment: plain, or a reference to a secret that is read at start and never stored. */
export type SettingValue =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'secret'; readonly from: 'env' | 'file'; readonly name: string }

/** What the instances of one service get in one environment: name → value. */
export type Settings = Readonly<Record<string, SettingValue>>

/** Names whose value is not the same in both, or that only one has; sorted. A secret is compared by where it is read from. */
export function differingSettings(a: Settings, b: Settings): readonly string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].filter((name) => textOf(a[name]) !== textOf(b[name])).toSorted()
}

function textOf(value: SettingValue | undefined): string {
  if (value === undefined) return ''
  return JSON.stringify(value.kind === 'value' ? [value.value] : [value.from, value.name])
}
