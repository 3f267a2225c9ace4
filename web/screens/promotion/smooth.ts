interface Counted {
  readonly requests: number
  readonly bad: number
}

/** So many requests make an error rate worth a point: below, one error more or less is the whole picture. */
const leastRequests = 30
const mostSlices = 6

/** The error rate at each slice, over as few slices before it as make it worth showing; null without requests. */
export function smooth(slices: readonly Counted[]): readonly (number | null)[] {
  return slices.map((slice, index) => {
    if (slice.requests === 0) return null
    let [requests, bad] = [0, 0]
    for (let back = 0; back < mostSlices && index - back >= 0 && requests < leastRequests; back++) {
      requests += slices[index - back]?.requests ?? 0
      bad += slices[index - back]?.bad ?? 0
    }
    return bad / requests
  })
}
