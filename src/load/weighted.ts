export interface Weighted<T> {
  readonly value: T
  readonly weight: number
}

/** Draws one of `choices`, each as often as its weight says; `draw` is in [0, 1). */
export function pickWeighted<T>(choices: readonly Weighted<T>[], draw: number): T {
  const last = choices.at(-1)
  if (!last) throw new Error('there is nothing to choose from')
  let left = draw * choices.reduce((sum, choice) => sum + choice.weight, 0)
  for (const choice of choices) {
    left -= choice.weight
    if (left < 0) return choice.value
  }
  return last.value
}
