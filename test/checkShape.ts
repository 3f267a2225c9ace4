import { isTestFile } from './checkImports.ts'
import type { Files } from './sourceFiles.ts'

const longestFile = 400

/** Barrel files, default exports, long files and names that say nothing, as `file:line what`. */
export function findMisshapen(files: Files): readonly string[] {
  const wrong: string[] = []
  for (const [path, text] of files) {
    const lines = text.split('\n')
    if (lines.length > longestFile + 1 && !isTestFile(path))
      wrong.push(`${path} has ${lines.length - 1} lines; allowed are ${longestFile}`)
    if (/\/index\.[cm]?tsx?$/.test(path) || isBarrel(text)) wrong.push(`${path} is a barrel file`)
    if (/(?:^|\/)(?:utils?|helpers?|common|misc)(?:\/|\.)|manager/i.test(path))
      wrong.push(`${path} has a name that says nothing`)
    lines.forEach((line, at) => {
      if (/^export default\b|\bas default\b/.test(line)) wrong.push(`${path}:${at + 1} has a default export`)
      if (/^export (?:const|function|async function|class|interface|type) \w*(?:Manager|Utils?|Helpers?)\b/.test(line))
        wrong.push(`${path}:${at + 1} exports a name that says nothing`)
    })
  }
  return wrong
}

function isBarrel(text: string): boolean {
  const code = text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '').trim()
  const rest = code
    .replaceAll(/^export\s+(?:type\s+)?(?:\*|\{[^}]*\})(?:\s+as\s+\w+)?\s+from\s+['"][^'"]+['"];?$/gm, '')
    .trim()
  return code !== '' && rest === ''
}

const impurities: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['the clock', /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\./],
  ['randomness', /\bMath\.random\b|\bcrypto\./],
  ['the network', /\bfetch\(/],
  ['the process', /\bprocess\.|\bglobalThis\b/],
  ['a timer', /\bset(?:Timeout|Interval|Immediate)\b/],
  ['Node', /['"]node:/],
]

/** What makes a pure file impure, as `file:line what`; tests may do as they like. */
export function findImpurities(files: Files): readonly string[] {
  return [...files]
    .filter(([path]) => !isTestFile(path))
    .flatMap(([path, text]) =>
      text.split('\n').flatMap((line, at) => {
        const code = line.replace(/^\s*(?:\*|\/\*|\/\/).*$/, '').replace(/\s\/\/.*$/, '')
        return impurities.filter(([, pattern]) => pattern.test(code)).map(([name]) => `${path}:${at + 1} uses ${name}`)
      }),
    )
}
