/** Width of one bucket: each upper edge is this many times the one before, so a quantile is known within 4 %. */
export const bucketGrowth = 1.04

const finiteEdges = 282

function logScaledEdges(): readonly number[] {
  const edges: number[] = []
  let edge = 1
  for (let i = 0; i < finiteEdges; i += 1) {
    // Rounded to a tenth of a microsecond, so that every machine writes the same edge into its messages.
    edges.push(Math.round(edge * 10_000) / 10_000)
    edge *= bucketGrowth
  }
  return edges
}

/**
 * Upper edges, in milliseconds, of the one histogram that gateway cells, metrics and analysis share.
 * Bucket `i` counts durations `d` with `edgesMs[i - 1] < d ≤ edgesMs[i]`; bucket 0 counts all up to 1 ms.
 * One more bucket, `bucketCount - 1`, has no edge: it counts what took longer than the last edge (about 61 s).
 */
export const edgesMs: readonly number[] = logScaledEdges()

/** Number of buckets, the open last one included. */
export const bucketCount: number = finiteEdges + 1

const perBucket = 1 / Math.log(bucketGrowth)

/**
 * Index of the bucket that counts a duration, in constant time.
 * @param ms duration in milliseconds, ≥ 0; `Infinity` falls into the open last bucket.
 * @throws RangeError when `ms` is NaN or negative: a clock that went wrong must not look like a fast answer.
 */
export function bucketOf(ms: number): number {
  if (!(ms >= 0)) throw new RangeError(`duration is ${ms} ms; allowed: 0 or more`)
  if (ms <= 1) return 0
  if (ms > edgesMs[finiteEdges - 1]!) return finiteEdges
  // The logarithm may be off by one beside an edge (edges are rounded); the comparison with the edges decides.
  let bucket = Math.min(finiteEdges - 1, Math.ceil(Math.log(ms) * perBucket))
  while (bucket > 0 && ms <= edgesMs[bucket - 1]!) bucket -= 1
  while (ms > edgesMs[bucket]!) bucket += 1
  return bucket
}

/** A histogram with nothing counted. */
export function noDurations(): number[] {
  return new Array<number>(bucketCount).fill(0)
}

/** Wire form: `[bucket, count]` of the buckets that are not empty, in ascending order. */
export type SparseDurations = readonly (readonly [bucket: number, count: number])[]

/** The wire form of a histogram; typed arrays are taken as well. */
export function toSparse(counts: ArrayLike<number>): [number, number][] {
  const sparse: [number, number][] = []
  for (let i = 0; i < counts.length; i += 1) {
    const count = counts[i]!
    if (count !== 0) sparse.push([i, count])
  }
  return sparse
}

/**
 * The histogram of a wire form; repeated buckets are added.
 * @throws RangeError for a bucket that does not exist or a count that is not a whole number ≥ 0.
 */
export function fromSparse(sparse: SparseDurations): number[] {
  const counts = noDurations()
  for (const [bucket, count] of sparse) {
    if (!Number.isInteger(bucket) || bucket < 0 || bucket >= bucketCount) {
      throw new RangeError(`duration bucket is ${bucket}; allowed: 0 to ${bucketCount - 1}`)
    }
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(`count of duration bucket ${bucket} is ${count}; allowed: a whole number, 0 or more`)
    }
    counts[bucket]! += count
  }
  return counts
}
