import { describe, expect, test } from 'vitest'
import { readText, repositoryFiles } from './sourceFiles.ts'

type Rgb = readonly [number, number, number]
type Lab = readonly [number, number, number]

const tokens = readText('web/styles/tokens.css')

/** The value of a token in a theme, in OKLab. */
function labOf(name: string, theme: 'light' | 'dark'): Lab {
  const pattern = new RegExp(`--${name}: light-dark\\(\\s*oklch\\(([^)]*)\\),\\s*oklch\\(([^)]*)\\)`)
  const found = pattern.exec(tokens)
  if (!found) throw new Error(`there is no colour --${name} with two themes in web/styles/tokens.css`)
  const [lightness = 0, chroma = 0, hue = 0] = (theme === 'light' ? found[1] : found[2])?.split(/\s+/).map(Number) ?? []
  const angle = (hue * Math.PI) / 180
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)]
}

function linearRgb([l, a, b]: Lab): Rgb {
  const [x, y, z] = [
    (l + 0.3963377774 * a + 0.2158037573 * b) ** 3,
    (l - 0.1055613458 * a - 0.0638541728 * b) ** 3,
    (l - 0.0894841775 * a - 1.291485548 * b) ** 3,
  ]
  const clip = (value: number): number => Math.min(1, Math.max(0, value))
  return [
    clip(4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z),
    clip(-1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z),
    clip(-0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z),
  ]
}

/** WCAG 2 contrast of two tokens. */
function contrast(one: string, other: string, theme: 'light' | 'dark'): number {
  const luminance = (name: string): number => {
    const [r, g, b] = linearRgb(labOf(name, theme))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

const surfaces = ['paper', 'raise', 'sunk']
const words = [
  'ink',
  'ink-2',
  'ink-3',
  'stable-ink',
  'baseline-ink',
  'canary-ink',
  'staging-ink',
  'bad-ink',
  'good-ink',
]
const marks = ['stable', 'baseline', 'canary', 'staging', 'bad', 'good', 'control']

describe.each(['light', 'dark'] as const)('colours, %s', (theme) => {
  test.each(words)('words in %s can be read on every surface', (name) => {
    for (const surface of surfaces) expect(contrast(name, surface, theme)).toBeGreaterThanOrEqual(4.5)
  })

  test.each(marks)('marks in %s can be seen on every surface', (name) => {
    for (const surface of surfaces) expect(contrast(name, surface, theme)).toBeGreaterThanOrEqual(3)
  })

  test('words on filled ink can be read', () => expect(contrast('on-ink', 'ink', theme)).toBeGreaterThanOrEqual(4.5))

  test('the check itself: a rule of a table is too faint for words', () => {
    expect(contrast('line', 'paper', theme)).toBeLessThan(4.5)
  })
})

test('no colour outside of the tokens', () => {
  const sheets = repositoryFiles().filter((path) => /^web\/styles\/(?!tokens\.)\w+\.css$/.test(path))
  expect(sheets.length).toBeGreaterThan(15)
  for (const path of sheets)
    expect(readText(path).match(/#[0-9a-f]{3,8}\b|rgba?\(|hsl\(|oklch\(/gi) ?? [], path).toEqual([])
})
