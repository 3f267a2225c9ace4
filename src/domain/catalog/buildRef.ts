/** A build as it was asked for: the digest is its identity, the name is the label that was deployed. */
export interface BuildRef {
  readonly digest: string
  readonly name: string
}
