import { formatTable } from '../markdown.ts'

/** Every kind; `test/docs.test.ts` compares it with what the engine writes. */
export const eventKinds: readonly (readonly [kind: string, on: string, meaning: string])[] = [
  [
    'configuration.applied',
    'revision',
    'a configuration became the one in force; nothing is written when it is the same',
  ],
  ['store.restored', 'store', 'a backup took the place of the store; written by `cofferdam restore`'],
  ['build.added', 'digest', 'a folder was snapshotted, or a known snapshot got another name'],
  [
    'promotion.requested',
    'promotion',
    'somebody asked for a deploy; for an emergency `data` has `reason`, `incident` and `stage`',
  ],
  [
    'rollback.requested',
    'promotion',
    'somebody asked for a rollback to an earlier build, and a promotion of its own does it',
  ],
  ['promotion.abort-requested', 'promotion', 'somebody wants it back'],
  ['promotion.rollback-requested', 'promotion', 'somebody wants the service back while this promotion moves'],
  ['promotion.moving', 'promotion', 'it entered its first stage'],
  ['promotion.rolling-back', 'promotion', 'it goes back, in every environment that it changed'],
  ['promotion.done', 'promotion', 'it arrived: the sentence of its end'],
  ['promotion.rolled-back', 'promotion', 'it is back: the sentence of its end; `data` has `cause` and `stage`'],
  ['promotion.aborted', 'promotion', 'it ended before anything was changed'],
  ['stage.running', 'promotion', 'a stage began'],
  ['stage.passed', 'promotion', 'a stage was left upwards'],
  ['stage.failed', 'promotion', 'a stage is where it went back'],
  ['test.passed', 'promotion', 'one test of a stage passed'],
  [
    'test.not-run',
    'promotion',
    'the tests of a stage could not be run, which says nothing about the build; its text says why',
  ],
  ['promotion.retried', 'promotion', 'a person asked for another try of tests that could not be run'],
  ['test.failed', 'promotion', 'one test of a stage failed; its text says what was expected and what came'],
  ['rollout.preparing', 'rollout', 'instances for a step are started'],
  ['rollout.shifting', 'rollout', 'traffic moves to a step'],
  ['rollout.holding', 'rollout', 'a step is in force and watched'],
  ['rollout.baking', 'rollout', 'every host runs the new build; the way back stays open'],
  ['rollout.complete', 'rollout', 'the new build is stable there'],
  [
    'rollout.rolling-back',
    'rollout',
    'traffic is moved back, and why; `data` has `cause`, and `metric` where there is one',
  ],
  ['rollout.rolled-back', 'rollout', 'all hosts are back on the old build and nothing of the new one is left'],
  ['hold.passed', 'promotion', 'somebody let a step pass on their word'],
  [
    'observations.forgotten',
    'promotion',
    'what was seen during an ended promotion is no longer kept: newer ones took its place (`keep.observations`)',
  ],
  ['emergency.followed-up', 'promotion', 'somebody closed the follow-up of an emergency'],
]

/** `docs/reference/events.md`. */
export function eventsPage(): string {
  return `# Events

Everything that happened, written in the same transaction as the change it tells of. \`id\` counts without gaps from 1.

\`\`\`json
{"id":46,"at":"2026-11-24T10:55:37.707Z","actor":"engine","kind":"rollout.rolling-back","on":"r-2-2","promotion":"p-2",
 "service":"tag","environment":"production","text":"tag in production: rolled back after 270 canary requests, 32 s after its
 first request: error rate 7.4 % against 0.057 % (tolerated 0.12 %)","data":{"cause":"analysis","metric":"errors"}}
\`\`\`

\`actor\` is \`admin\` (whoever held the token) or \`engine\`. \`./cofferdam events --after N --follow\` prints them;
\`GET /api/v1/events\` gives them as JSON or as a [stream](api.md#the-stream-of-events).

${formatTable(
  ['kind', '`on`', 'meaning'],
  eventKinds.map(([kind, on, meaning]) => [`\`${kind}\``, on, meaning]),
)}

\`cause\` is one of \`test\`, \`analysis\`, \`catastrophe\`, \`guard\`, \`crash-loop\`, \`not-ready\`, \`unwatched\`, \`cannot-see\`, \`held-too-long\`, \`command\`:
[what each means](../explanation/way-back.md#causes).
`
}
