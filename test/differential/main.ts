import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { hostileAnswers } from '../../src/gateway/hostileAnswers.fixture.ts'
import { hostileRequests, type Differs } from '../../src/gateway/hostileRequests.fixture.ts'
import { compare, type Compared } from './compare.ts'
import { observeAnswer, observeRequest, type Observed } from './observe.ts'
import { startGateway, startHaproxy, startNginx, untilServing, versionOf, type Peer } from './peers.ts'

/**
 * Every hostile case through our gateway, HAProxy and nginx, each in front of a recording origin of its own:
 * `npm run differential [-- --only WORDS] [-- --all]`. Where the two agree, our behaviour is theirs or the case says why
 * not. `--all` prints what was observed. Exit code 1: a difference without a reason, or a reason without a difference.
 */
const { values } = parseArgs({ options: { only: { type: 'string' }, all: { type: 'boolean', default: false } } })

interface Case {
  readonly group: 'requests' | 'answers'
  readonly name: string
  readonly differs: Differs
  readonly observe: (peer: Peer) => Promise<Observed>
}

const cases: readonly Case[] = [
  ...hostileRequests.map(
    (one): Case => ({
      group: 'requests',
      name: one.name,
      differs: one.differs ?? {},
      observe: async (peer) => await observeRequest(peer.port, peer.origin, one),
    }),
  ),
  ...hostileAnswers.map(
    (one): Case => ({
      group: 'answers',
      name: one.name,
      differs: one.differs ?? {},
      observe: async (peer) => await observeAnswer(peer.port, peer.origin, one),
    }),
  ),
].filter(({ name }) => values.only === undefined || name.includes(values.only))

/** A machine that stands still can make an answer late: a case with a problem is tried again. */
const attempts = 3

async function run(one: Case, peers: readonly Peer[]): Promise<{ compared: Compared; observed: readonly Observed[] }> {
  for (let attempt = 1; ; attempt += 1) {
    await Promise.all(peers.map(async (peer) => await untilServing(peer.name, peer.port)))
    const observed = await Promise.all(peers.map(async (peer) => await one.observe(peer)))
    const [ours, haproxy, nginx] = observed
    const compared = compare(ours!, [haproxy!, nginx!], one.differs)
    if (compared.problems.length === 0 || attempt === attempts) return { compared, observed }
  }
}

function describeAll(one: Case, observed: readonly Observed[]): string {
  const aspects = [...new Set(observed.flatMap((each) => Object.keys(each)))]
  const rows = aspects.map((aspect) => `| ${[aspect, ...observed.map((each) => each[aspect] ?? '')].join(' | ')} |`)
  return `\n**${one.group}: ${one.name}**\n\n| | cofferdam | haproxy | nginx |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

async function runAll(peers: readonly Peer[]): Promise<number> {
  let failed = 0
  const rows: string[] = []
  for (const group of ['requests', 'answers'] as const) {
    const sums = { cases: 0, agree: 0, same: 0, explained: 0 }
    for (const one of cases.filter((each) => each.group === group)) {
      const { compared, observed } = await run(one, peers)
      sums.cases += 1
      if (compared.agreed.includes('answer')) sums.agree += 1
      if (compared.differing.length === 0) sums.same += 1
      else if (compared.problems.length === 0) sums.explained += 1
      if (values.all) process.stdout.write(describeAll(one, observed))
      for (const problem of compared.problems) process.stdout.write(`${group}, ${one.name}: ${problem}\n`)
      if (compared.problems.length > 0) failed += 1
    }
    rows.push(`| ${group} | ${Object.values(sums).join(' | ')} | ${sums.cases - sums.same - sums.explained} |`)
  }
  const head =
    '| what is hostile | cases | HAProxy and nginx agree | ours differs in nothing they agree in | differs, explained | differs, unexplained |'
  process.stdout.write(`\n${head}\n|---|---|---|---|---|---|\n${rows.join('\n')}\n`)
  return failed
}

const versions = { haproxy: versionOf('haproxy'), nginx: versionOf('nginx') }
const missing = Object.entries(versions).filter(([, version]) => version === undefined)
if (missing.length > 0) {
  process.stdout.write(
    `Skipped: ${missing.map(([name]) => name).join(' and ')} not installed here. Debian: apt install haproxy nginx\n`,
  )
} else {
  process.stdout.write(`${Object.values(versions).join('; ')}\n`)
  const folder = mkdtempSync(join(tmpdir(), 'differential-'))
  const peers: Peer[] = []
  let failed = 1
  try {
    for (const begin of [startGateway, startHaproxy, startNginx]) peers.push(await begin(folder))
    failed = await runAll(peers)
  } finally {
    await Promise.all(peers.map(async (peer) => await peer.stop()))
    if (failed === 0) rmSync(folder, { recursive: true, force: true })
    else process.stdout.write(`The logs of the three are in ${folder}\n`)
  }
  process.exitCode = failed === 0 ? 0 : 1
}
