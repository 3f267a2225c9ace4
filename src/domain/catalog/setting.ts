/** A setting's value in an environment: plain, or a reference to a secret that is read at start and never stored. */
export type SettingValue =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'secret'; readonly from: 'env' | 'file'; readonly name: string }
