import type { Build } from '../../domain/catalog/build.ts'
import type { BuildRef } from '../../domain/catalog/buildRef.ts'
import { didYouMean } from '../../domain/catalog/unknownService.ts'
import { CofferdamError } from '../../domain/errors.ts'
import type { Store } from '../ports.ts'

const shortestDigest = 8
const mostListed = 12

/** The build that a name or (the beginning of) a digest means; of several with one name the newest. */
export async function findBuild(store: Store, service: string, asked: string): Promise<BuildRef> {
  const builds = (await store.list('build', { service, limit: 1_000 })).map((one) => one.document)
  const named = builds.filter((build) => build.names.includes(asked)).toSorted((a, b) => b.addedAtMs - a.addedAtMs)[0]
  if (named) return { digest: named.digest, name: asked }
  const hex = asked.replace(/^sha256:/, '')
  const matching =
    hex.length >= shortestDigest ? builds.filter((build) => build.digest.startsWith(`sha256:${hex}`)) : []
  if (matching.length === 1 && matching[0]) return { digest: matching[0].digest, name: nameOf(matching[0]) }
  const known = builds.slice(0, mostListed).map(nameOf).join(', ') || 'none'
  const meant = didYouMean(
    asked,
    builds.flatMap((build) => build.names),
  )
  const isShort = /^[0-9a-f]+$/.test(hex) && hex.length < shortestDigest
  const least = isShort ? `; the beginning of a digest has at least ${shortestDigest} digits` : ''
  const what =
    matching.length > 1
      ? `${matching.length} builds of "${service}" begin with "${asked}"`
      : `there is no build "${asked}" of "${service}"${meant}${least}`
  throw new CofferdamError('unknown-build', `${what}; newest: ${known}`)
}

function nameOf(build: Build): string {
  return build.names.at(-1) ?? build.digest.slice(0, 19)
}
