import { dirname, join } from 'node:path/posix'
import type { Files } from './sourceFiles.ts'

/** Anchors of the headings of a document, as forges make them. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const prose = text.replaceAll(/^```[^]*?^```/gm, '')
  const headings = [...prose.matchAll(/^#{1,6} (?<heading>.+)$/gm)].map((match) => match.groups?.['heading'] ?? '')
  return new Set(
    headings.map((heading) =>
      heading
        .replaceAll(/\[(?<text>[^\]]*)\]\([^)]*\)/g, '$<text>')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  )
}

/** Links between documents that lead nowhere, as `file: link`. @param all every file of the repository */
export function findBrokenLinks(documents: Files, all: readonly string[]): readonly string[] {
  const files = new Set(all)
  const folders = new Set(all.flatMap((path) => path.split('/').map((_, at, parts) => parts.slice(0, at).join('/'))))
  return [...documents].flatMap(([path, text]) => {
    const prose = text.replaceAll(/^ *```[^]*?^ *```/gm, '')
    return [...prose.matchAll(/\]\((?<link>[^)\s]+)\)/g)].flatMap((match) => {
      const link = match.groups?.['link'] ?? ''
      if (/^[a-z]+:/.test(link)) return []
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : join(dirname(path), file)
      const there = files.has(target) || folders.has(target.replace(/\/$/, ''))
      const known =
        anchor === undefined || (documents.has(target) && anchorsOf(documents.get(target) ?? '').has(anchor))
      return there && known ? [] : [`${path}: ${link}`]
    })
  })
}

const traces: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a path of a machine', /(?<![\w.$}/-])\/(?:home\/[a-z]+|Users|work|root)\//],
  ['an address inside a network', /https?:\/\/[\w.-]*\.(?:internal|corp|lan)\b/],
  ['an address of a registry', /https?:\/\/[\w.-]+(?::\d+)?\/(?:[\w@.%-]+\/)*-\/[\w.%-]+\.tgz/],
  ['a trace of tooling', /co-authored-by|generated with\b/i],
]

/** What a repository should not say about where and how it was made, as `file:line what`. */
export function findTraces(files: Files): readonly string[] {
  return [...files].flatMap(([path, text]) =>
    text
      .split('\n')
      .flatMap((line, at) =>
        traces.filter(([, pattern]) => pattern.test(line)).map(([what]) => `${path}:${at + 1} has ${what}`),
      ),
  )
}
