import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { playScenario } from './simulation/playScenario.fixture.ts'

const folder = join(import.meta.dirname, '..', '..', 'scenarios')
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.scenario'))
  .map((name) => name.slice(0, -'.scenario'.length))

// What changed on purpose is written anew by `npx vitest run src/engine/scenarios.test.ts -u`; read the difference.
test.each(names)('%s', { timeout: 120_000 }, async (name) => {
  const played = await playScenario(readFileSync(join(folder, `${name}.scenario`), 'utf8'))
  expect(played).not.toMatch(/NEVER|FAULTS/)
  await expect(played).toMatchFileSnapshot(join(folder, `${name}.golden`))
})

test('a story that does not come true is told as one that does not', { timeout: 120_000 }, async () => {
  expect(await playScenario('world sound\nuntil promotion.done', 10_000)).toContain('NEVER: promotion.done')
  await expect(playScenario('world sound\ndance')).rejects.toThrow('knows no command "dance"')
})
