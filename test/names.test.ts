import { describe, expect, test } from 'vitest'
import { isTestFile } from './checkImports.ts'
import { exampleNames, findNames } from './checkNames.ts'
import { readSources } from './sourceFiles.ts'

describe('nothing that runs knows the name of a service, a build or an example', () => {
  const names = exampleNames()

  test('the examples have names', () => {
    expect(names.length).toBeGreaterThan(10)
  })

  // A test may read an example; what runs may not know that there is one.
  test('src/ and web/ do not', () => {
    const running = new Map([...readSources(['src', 'web'])].filter(([path]) => !isTestFile(path)))
    expect(running.size).toBeGreaterThan(100)
    expect(findNames(running, names)).toEqual([])
  })

  test('the examples themselves do: the search finds what is there', () => {
    expect(findNames(readSources(['examples']), names).length).toBeGreaterThan(10)
  })

  test.each([
    "if (service === 'shop') return",
    'const path = `/api/shop/${id}`',
    '// the shop is slow',
    "if (build.name === 'red') return",
    "fetch('/api/red')",
    'const isLate = name === "late-start"',
  ])('a planted name is found: %s', (line) => {
    const planted = line.replaceAll('shop', 'blog').replaceAll('red', 'tag').replaceAll('late-start', 'bad-errors')
    expect(findNames(new Map([['src/engine/a.ts', planted]]), names)).toHaveLength(1)
  })

  test('an ordinary word is not a name', () => {
    expect(findNames(new Map([['src/engine/a.ts', "// a good comment\nconst tag = 'a good tag'"]]), names)).toEqual([])
  })
})
