import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { commands } from '../src/cli/commandTable.ts'
import { readConfig } from '../src/config/readConfig.ts'
import { errorCatalogue } from '../src/domain/errors.ts'
import { holdRules } from '../src/domain/holds.ts'
import { refusalStatus } from '../src/domain/routing/why.ts'
import { pathsOf } from '../src/http/contract/pathsOf.ts'
import type { Route } from '../src/http/contract/route.ts'
import { routes } from '../src/http/contract/routes.ts'
import { generatedPages } from '../tools/docs.ts'
import { eventKinds } from '../tools/pages/events.ts'
import { isTestFile } from './checkImports.ts'
import { anchorsOf, findBrokenLinks, findTraces } from './checkDocuments.ts'
import { readSources, readText, repositoryFiles } from './sourceFiles.ts'

const all = repositoryFiles()
const documents = new Map(all.filter((path) => path.endsWith('.md')).map((path) => [path, readText(path)]))

describe('reference pages', () => {
  test('they are what is generated now', async () => {
    const stale = [...(await generatedPages())]
      .filter(([path, text]) => documents.get(path) !== text)
      .map(([path]) => path)
    expect(stale).toEqual([])
  })

  test.each([
    ['holds', Object.keys(holdRules)],
    ['holds', Object.keys(refusalStatus)],
    ['errors', Object.keys(errorCatalogue)],
    [
      'cli',
      commands
        .flatMap((entry) =>
          'usage' in entry ? [entry.usage] : entry.commands.map((inner) => `${entry.name} ${inner.usage}`),
        )
        .map((usage) => `cofferdam ${usage}`),
    ],
    ['api', Object.values<Route>(routes).flatMap((route) => pathsOf(route).map((path) => `${route.method} ${path}`))],
  ])('%s has an entry for each of %j', (page, words) => {
    const text = documents.get(`docs/reference/${page}.md`) ?? ''
    expect(words.filter((word) => !text.includes(`\`${word}\``))).toEqual([])
  })

  test('every word of an explanation has an entry', () => {
    const rules = [...readText('src/domain/routing/why.ts').matchAll(/^ {2}\| '(?<rule>[a-z-]+)'$/gm)].map(
      (match) => match.groups?.['rule'] ?? '',
    )
    expect(rules.length).toBeGreaterThan(10)
    expect(rules.filter((rule) => !documents.get('docs/reference/holds.md')?.includes(`| \`${rule}\` |`))).toEqual([])
  })

  test('nothing that has a source is left without a text', () => {
    expect([...documents].filter(([, text]) => text.includes('**not documented**')).map(([path]) => path)).toEqual([])
  })

  test('every kind of event that the engine writes is on its page', () => {
    const engine = [...readSources(['src/engine'])].filter(([path]) => !isTestFile(path)).map(([, text]) => text)
    const written = engine
      .flatMap((text) => text.match(/(?<=[`'(])(?:[a-z]+\.[a-z]+(?:-[a-z]+)*)(?=['`])/g) ?? [])
      .filter((kind) => /^(?:build|promotion|rollback|stage|test|rollout|hold|emergency|configuration)\./.test(kind))
    const known = new Set(eventKinds.map(([kind]) => kind))
    expect(written.length).toBeGreaterThan(5)
    expect([...new Set(written)].filter((kind) => !known.has(kind))).toEqual([])
    // `promotion.${phase}` and the like: the words before the dot.
    const nouns = new Set(
      engine.flatMap((text) =>
        [...text.matchAll(/kind: `(?<noun>[a-z]+)\.\$\{/g)].map((match) => match.groups?.['noun']),
      ),
    )
    expect([...nouns].filter((noun) => !eventKinds.some(([kind]) => kind.startsWith(`${noun}.`)))).toEqual([])
  })
})

describe('documents', () => {
  test('the ones that a reader looks for are there', () => {
    const wanted = [
      'README.md',
      'ARCHITECTURE.md',
      'GLOSSARY.md',
      'AGENTS.md',
      'CONTRIBUTING.md',
      'CHANGELOG.md',
      'LICENSE',
      'docs/tutorial/first-deploy.md',
    ]
    expect(wanted.filter((path) => !all.includes(path))).toEqual([])
    expect(readText('CLAUDE.md')).toBe(readText('AGENTS.md'))
  })

  test('links lead somewhere', () => {
    expect(documents.size).toBeGreaterThan(20)
    expect(findBrokenLinks(documents, all)).toEqual([])
  })

  test('a planted broken link is found: a file, a heading', () => {
    const planted = new Map([
      [
        'docs/a.md',
        '# A\n\n## The way [back](b.md)\n\n[b](b.md) [c](../docs/c.md) [here](#the-way-back) [there](b.md#nowhere) [web](https://example.com)',
      ],
      ['docs/b.md', '# B'],
    ])
    expect(findBrokenLinks(planted, ['docs/a.md', 'docs/b.md'])).toEqual([
      'docs/a.md: ../docs/c.md',
      'docs/a.md: b.md#nowhere',
    ])
  })

  test('anchors are made as the forge makes them', () => {
    expect([...anchorsOf('# `cofferdam.yaml`\n## Who may import whom\n## Exit codes\n```\n# no heading\n```')]).toEqual(
      ['cofferdamyaml', 'who-may-import-whom', 'exit-codes'],
    )
  })

  test('the change log has a section for what is not released', () => {
    expect(documents.get('CHANGELOG.md')).toMatch(/^## Unreleased\n\n\S/m)
  })

  test('the glossary has every noun of the domain', () => {
    const glossary = documents.get('GLOSSARY.md') ?? ''
    const nouns = [...readSources(['src/domain'])]
      .filter(([path]) => !isTestFile(path))
      .flatMap(([, text]) =>
        [...text.matchAll(/^export (?:interface|type|class) (?<name>\w+)/gm)].map(
          (match) => match.groups?.['name'] ?? '',
        ),
      )
    expect(nouns.length).toBeGreaterThan(50)
    expect(nouns.filter((noun) => !glossary.includes(`\`${noun}\``))).toEqual([])
  })

  test('the glossary has no noun that is gone', () => {
    const domain = [...readSources(['src/domain'])].map(([, text]) => text).join('\n')
    const named = [...(documents.get('GLOSSARY.md') ?? '').matchAll(/`(?<name>[A-Z][A-Za-z]+)`/g)].map(
      (match) => match.groups?.['name'] ?? '',
    )
    expect(named.filter((name) => !new RegExp(`\\b${name}\\b`).test(domain))).toEqual([])
  })

  test('files that documents name exist', () => {
    const named = [...documents]
      .filter(([path]) => !path.startsWith('examples/'))
      .flatMap(([path, text]) =>
        [...text.matchAll(/`(?<file>(?:src|test|tools|bench|acceptance|examples|docs)\/[\w./-]+\.\w+)`/g)].map(
          (match) => [path, match.groups?.['file'] ?? ''] as const,
        ),
      )
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter(([, file]) => !all.includes(file)).map(([path, file]) => `${path}: ${file}`)).toEqual([])
  })
})

describe('what a document shows works', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cofferdam-docs-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('the configuration of the how-to is valid', async () => {
    const yaml =
      /```yaml\n(?<text>[^]*?)```/.exec(documents.get('docs/how-to/your-own-services.md') ?? '')?.groups?.['text'] ?? ''
    mkdirSync(join(folder, 'services', 'cart'), { recursive: true })
    writeFileSync(join(folder, 'services', 'cart', 'main.js'), '')
    writeFileSync(join(folder, 'cofferdam.yaml'), yaml.replaceAll(/^ {3}/gm, ''))
    const read = await readConfig(join(folder, 'cofferdam.yaml'))
    expect(read.ok ? [] : read.problems).toEqual([])
  })

  test('every command that a document shows exists, with its options', () => {
    const specs = commands.flatMap((entry) =>
      'usage' in entry ? [entry] : entry.commands.map((inner) => ({ ...inner, usage: `${entry.name} ${inner.usage}` })),
    )
    const common = ['--json', '--home', '--url', '--help', '--version']
    const wrong: string[] = []
    for (const [path, text] of documents) {
      for (const [, line = ''] of text.matchAll(/(?:\.\/|`)cofferdam ((?:[a-z]|--)[^\n`|#]*)/g)) {
        // `cofferdam help`, and sentences about the program itself.
        if (/^(?:help|--version|brings)\b/.test(line)) continue
        const spec = specs
          .filter((one) => line.startsWith(one.usage.replace(/ [<[].*/, '')))
          .toSorted((a, b) => b.usage.length - a.usage.length)[0]
        const known = [...common, ...(spec?.options ?? []).flatMap(([flags]) => flags.match(/--[a-z-]+/g) ?? [])]
        const flags = line.match(/(?<=\s)--[a-z][a-z-]*/g) ?? []
        if (!spec || flags.some((flag) => !known.includes(flag))) wrong.push(`${path}: cofferdam ${line.trim()}`)
      }
    }
    expect(wrong).toEqual([])
  })
})

describe('what does not belong into a repository', () => {
  // These two say and plant what is searched for.
  const texts = new Map(
    all.filter((path) => !/^test\/(?:docs\.test|checkDocuments)\.ts$/.test(path)).map((path) => [path, readText(path)]),
  )

  test('no path of a machine, no address of a registry, no trace of tooling', () => {
    expect(texts.size).toBeGreaterThan(200)
    expect(findTraces(texts)).toEqual([])
  })

  test.each([
    '/home/anna/code/x',
    '/Users/anna/x',
    'https://npm.corp.internal/x',
    'https://packages.example.com/fastify/-/fastify-5.tgz',
    'Co-Authored-By: x',
    'Generated with x',
  ])('a planted trace is found: %s', (trace) => {
    expect(findTraces(new Map([['docs/a.md', `see ${trace}`]]))).not.toEqual([])
  })

  test('a path of an API, and a home in the middle of a word, are none', () => {
    const fine = ['GET /api/work/1', 'a home/anna/x']
    expect(findTraces(new Map([['package-lock.json', fine.join('\n')]]))).toEqual([])
  })
})
