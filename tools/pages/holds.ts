import { holdRules, type HoldRule } from '../../src/domain/holds.ts'
import { refusalStatus, type RefusalRule, type WhyRule } from '../../src/domain/routing/why.ts'
import { formatTable, sentence } from '../markdown.ts'

/** What to do, rule by rule; the compiler sees to it that none is missing. */
const advice: Readonly<Record<HoldRule, string>> = {
  'not-ready':
    'Nothing, unless it stays: then `cofferdam logs SERVICE` shows what the instances say. On the way back it means that instances of the new build still end; traffic has moved already.',
  'tests-running': 'It goes on when the last test has passed. A test that never ends is killed at its `timeout`.',
  'staging-taken':
    'It goes on when the promotion that is named has left the environment; `promotion show` says why that one waits.',
  'minimum-time':
    'It goes on by itself while requests come. The time is the sum of judged slices: neither a pause of the control plane nor a changed clock shortens it.',
  'harm-suspected':
    'Wait: the evidence fades, or it reaches 1/alpha (100 unless configured) and the build goes back by itself.',
  'not-enough-data':
    'Wait; the text says for how long at this traffic. More requests, or a larger share, would shorten it.',
  'cannot-see':
    'See that the gateways run. A share comes home by itself after `watchedFor`; hosts that were replaced go back after 5 minutes.',
  'cannot-save':
    'The text names the file and the bytes that are free. Make room, or make the home writable again: it goes on by itself. Until then users are served as before, a share comes home by itself after `watchedFor`, and nothing rises.',
  'gateway-silent':
    'A gateway is started again by itself. No share rises meanwhile; look at its log if it stays silent.',
  deadline:
    'A person decides: `promotion pass P --reason …` lets the step pass, `promotion abort P` takes it back. Nothing said for an hour, and it goes back (`held-too-long`).',
  'service-busy': 'Wait for the promotion that is named, or abort it. A rollback is never held by it.',
  'stage-order': 'Leave the stage out. Only an emergency, with a reason and an incident, may name a later one.',
  'cannot-tell':
    'More traffic or a larger share. `plan` shows which change would be found when. An emergency is not asked.',
  'forward-only': 'No part of this version raises it: builds do not say yet whether their migration can be taken back.',
  'emergency-follow-up':
    'Say what was done about the emergency: `promotion pass P --reason …` on the promotion that is named.',
}

const whyRules: Readonly<Record<WhyRule, string>> = {
  key: 'the request carries a key that a layer has',
  'key-unknown': 'it carries a key that no layer has; it is answered as if it had none',
  'key-expired': 'it carries a key whose layer has expired',
  route: 'the longest path prefix, or the host name, that matched, and the service that it belongs to',
  'layer-key': 'the layer of the key answers',
  'layer-share': 'the draw fell into the share of a layer',
  'layer-stable': 'the layer for everyone answers',
  'pool-dead': 'the layer that should have answered has no host that is up; the next in line answers',
  unwatched: 'nobody renewed the watch of the share in time; stable answers',
  base: 'the environment does not have the service; its base does',
  egress: 'what may leave towards the base, and whether this may',
  'no-route': 'nothing matched',
}

const refusals: Readonly<Record<RefusalRule, string>> = {
  'no-route': 'no service has this path here',
  egress: 'the base has it, but this may not leave the environment',
  'strict-key': 'the door refuses a key that is unknown or expired',
  malformed: 'the request cannot be read, or could be read in two ways',
  'head-too-large': 'the head is larger than 32 KiB',
  'body-too-large': 'the body is larger than the configured limit',
  'too-slow':
    'the head did not arrive within 30 s, or the body came with fewer than 500 bytes a second beyond a grace of 20 s',
  'not-trusted': 'the door is for trusted proxies alone, and the connection comes from elsewhere: it is closed',
  flood: 'a connection of HTTP/2 did too much of what only costs (resets, PING, SETTINGS): it is closed',
  overloaded: 'too many requests wait for the host already',
  'no-host': 'no host of any layer of the service is up',
  'upstream-failed': 'the host closed or broke the connection before its answer',
  'upstream-timeout': 'the host did not begin its answer within 10 s',
}

const intro = `# Holds, and the words of explanations

Generated from \`src/domain/holds.ts\` and \`src/domain/routing/why.ts\`. The lists are closed: there are no other words.

A **hold** is a reason why something does not move now. It has \`rule\`, \`on\` (what it is about), \`since\`, \`until\` (\`null\`: not
known), \`text\` (what is the case) and \`help\` (what would help), and it is the same in the terminal, the API and the events.
\`./cofferdam holds\` prints all of them. [How to read one](../how-to/read-a-hold.md).

`

/** `docs/reference/holds.md`. */
export function holdsPage(): string {
  const holds = Object.entries(holdRules).map(([rule, text]) => [
    `\`${rule}\``,
    sentence(text),
    advice[rule as HoldRule],
  ])
  const why = Object.entries(whyRules).map(([rule, text]) => [`\`${rule}\``, sentence(text)])
  const refused = Object.entries(refusals).map(([rule, text]) => [
    `\`${rule}\``,
    String(refusalStatus[rule as RefusalRule]),
    sentence(text),
  ])
  return [
    `${intro}${formatTable(['rule', 'it says', 'what would help'], holds)}`,
    `## Why a request went where it went\n\n\`./cofferdam explain METHOD URL\` prints the steps of the resolver, in order.\n\n${formatTable(['`why[].rule`', 'it says'], why)}`,
    `## Answers of the gateway itself\n\nThey carry \`x-cofferdam-refused: RULE\`. No service gave them.\n\n${formatTable(['`x-cofferdam-refused`', 'status', 'it says'], refused)}\n`,
  ].join('\n\n')
}
