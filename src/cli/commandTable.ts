import type { CommandGroup, CommandSpec } from './command.ts'

const timeout = [
  '--timeout <duration>',
  'wait no longer, for example 10m (default 60m); exit 5, the work goes on',
] as const
const start = [
  ['--port <number>', 'port of the API (default: a free one)'],
  ['--ready-file <file>', 'appears, written whole, when everything is ready'],
  ['--workers <number>', 'processes of the gateway that serve its doors, 1 to 64 (default 1)'],
] as const

/** Every command, in the order of the help page. */
export const commands: readonly (CommandSpec | CommandGroup)[] = [
  {
    usage: 'demo',
    summary: 'start an ecosystem of example services under load, in the foreground',
    about: 'Ctrl-C ends all of it and leaves nothing behind.',
    options: [
      ['--rate <visits>', 'visits a second (default 300; 0: none)'],
      ...start,
      ['--no-open', 'open no browser'],
    ],
    examples: [
      ['cofferdam demo', 'everything, on free ports'],
      ['cofferdam demo --rate 20 --port 7070', 'a small machine, a known address'],
    ],
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  {
    usage: 'up [file]',
    summary: 'start your own services, detached, from a cofferdam.yaml',
    about: 'Returns once they are ready. Run again it adopts what runs. FILE is ./cofferdam.yaml unless named.',
    options: [
      ...start,
      ['--timeout <duration>', 'give up waiting, for example 2m (default 60s); exit 5, the work goes on'],
    ],
    examples: [
      ['cofferdam up', 'from ./cofferdam.yaml'],
      ['cofferdam up shop/cofferdam.yaml --home /var/lib/shop', 'from elsewhere'],
    ],
    load: async () => (await import('./commands/demo.ts')).up,
  },
  {
    usage: 'down',
    summary: 'stop everything of a home',
    examples: [['cofferdam down', 'what `up` started']],
    load: async () => (await import('./commands/demo.ts')).down,
  },
  {
    usage: 'status',
    summary: 'what runs where, and what moves',
    examples: [
      ['cofferdam status', 'for a person'],
      ['cofferdam status --json', 'for a script'],
    ],
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    usage: 'traffic',
    summary: 'what each service answers now: requests a second and how many are bad',
    examples: [
      ['cofferdam traffic', 'the last ten seconds'],
      ['cofferdam traffic --json', 'the last minute, second by second'],
    ],
    load: async () => (await import('./commands/traffic.ts')).traffic,
  },
  {
    usage: 'deploy <service>',
    summary: 'send a build on its way to production',
    about:
      'Without --build the folder is snapshotted first: --from, or the working folder of the service. Before, what changed in the configuration file that is in use is applied, all or nothing; an emergency leaves it as it is.',
    options: [
      ['--build <build>', 'name or digest of a build'],
      ['--from <folder>', 'snapshot this folder'],
      ['--command <command>', 'how to run the snapshot (default: as the service is run)'],
      ['--name <name>', 'name of the snapshot'],
      ['--commit <sha>', 'commit that it was made from'],
      ['--wait', 'follow it to its end: exit 0 it arrived, 4 it went back'],
      timeout,
      ['--emergency', 'skip the tests and the canary; needs --reason and --incident'],
      ['--reason <text>', 'why the checks are skipped'],
      ['--incident <reference>', 'the incident that it mends'],
    ],
    examples: [
      ['cofferdam deploy my-service', 'what is in the working folder of the service'],
      ['cofferdam deploy my-service --build red-button --wait', 'a build that is known, followed to its end'],
      ['cofferdam deploy my-service --build fix --emergency --reason "nobody can pay" --incident INC-7', 'at once'],
    ],
    load: async () => (await import('./commands/deploy.ts')).deploy,
  },
  {
    usage: 'rollback <service>',
    summary: 'take a service back in one shift, now',
    about: 'What moves or bakes goes back; else the build before returns. Never blocked by a hold.',
    options: [
      ['--to <build>', 'to this build'],
      ['--reason <text>', 'for those who read it later'],
      ['--no-wait', 'return before it is back'],
      timeout,
    ],
    examples: [
      ['cofferdam rollback my-service', 'to what ran before'],
      ['cofferdam rollback my-service --to 3f9c2b71a0de', 'to a build'],
    ],
    load: async () => (await import('./commands/changePromotion.ts')).rollback,
  },
  {
    usage: 'plan <service>',
    summary: 'what a promotion would find when, and what the way back costs',
    options: [['--build <build>', 'name or digest of the build']],
    examples: [['cofferdam plan my-service --build red-button', 'before you ship it']],
    load: async () => (await import('./commands/plan.ts')).plan,
  },
  {
    name: 'promotion',
    summary: 'look at promotions and steer them',
    commands: [
      {
        usage: 'list',
        summary: 'promotions, newest first',
        options: [
          ['--service <name>', 'of one service'],
          ['--limit <number>', 'at most so many (default 50)'],
        ],
        examples: [['cofferdam promotion list --service my-service', 'what happened to one service']],
        load: async () => (await import('./commands/listPromotions.ts')).listPromotions,
      },
      {
        usage: 'show <promotion>',
        summary: 'everything about one',
        examples: [['cofferdam promotion show p-7', 'where it is and why it is not further']],
        load: async () => (await import('./commands/showPromotion.ts')).showPromotion,
      },
      {
        usage: 'watch <promotion>',
        summary: 'follow one to its end: exit 0 it arrived, 4 it went back',
        options: [timeout],
        examples: [
          ['cofferdam promotion watch p-7', 'until it has ended'],
          ['cofferdam promotion watch p-7 --json', 'a document a line'],
        ],
        load: async () => (await import('./commands/watchPromotion.ts')).watchPromotion,
      },
      {
        usage: 'abort <promotion>',
        summary: 'take it back now',
        options: [
          ['--reason <text>', 'for those who read it later'],
          ['--no-wait', 'return before it is back'],
          timeout,
        ],
        examples: [['cofferdam promotion abort p-7 --reason "wrong build"', 'production as it was']],
        load: async () => (await import('./commands/changePromotion.ts')).abortPromotion,
      },
      {
        usage: 'retry <promotion>',
        summary: 'try the present stage again',
        about: 'Of a promotion that has ended a new one begins; of one whose tests cannot be run they are tried again.',
        options: [['--reason <text>', 'for those who read it later'], ['--wait', 'follow it to its end'], timeout],
        examples: [['cofferdam promotion retry p-7', 'after a test failed for a reason outside']],
        load: async () => (await import('./commands/changePromotion.ts')).retryPromotion,
      },
      {
        usage: 'pass <promotion>',
        summary: 'pass the hold of a deadline, on your word',
        options: [['--reason <text>', 'why you are sure; required']],
        examples: [['cofferdam promotion pass p-7 --reason "watched it by hand"', 'it moves on']],
        load: async () => (await import('./commands/changePromotion.ts')).passPromotion,
      },
      {
        usage: 'replay <promotion>',
        summary: 'decide again from what was seen, and compare: exit 1 if it differs',
        examples: [['cofferdam promotion replay p-7', 'the same decisions, bit for bit']],
        load: async () => (await import('./commands/replayPromotion.ts')).replayPromotion,
      },
    ],
  },
  {
    name: 'build',
    summary: 'snapshot folders and list what there is',
    commands: [
      {
        usage: 'add <service>',
        summary: 'snapshot a folder; the same content has the same digest',
        options: [
          ['--from <folder>', 'the folder (default: the working folder of the service)'],
          ['--command <command>', 'how to run it (default: as the service is run)'],
          ['--name <name>', 'a label for people'],
          ['--commit <sha>', 'commit that it was made from'],
          ['--about <text>', 'what is new in it'],
        ],
        examples: [['cofferdam build add my-service --from . --name red-button', 'what is here, under a name']],
        load: async () => (await import('./commands/addBuild.ts')).addBuild,
      },
      {
        usage: 'list [service]',
        summary: 'builds, newest first',
        examples: [['cofferdam build list my-service', 'of one service']],
        load: async () => (await import('./commands/listBuilds.ts')).listBuilds,
      },
    ],
  },
  {
    name: 'service',
    summary: 'look at a service',
    commands: [
      {
        usage: 'show <service>',
        summary: 'what runs where, whom it calls, its last hour, its settings (never secrets)',
        examples: [['cofferdam service show my-service', 'everything about one']],
        load: async () => (await import('./commands/showService.ts')).showService,
      },
    ],
  },
  {
    name: 'environment',
    summary: 'look at an environment',
    commands: [
      {
        usage: 'show <environment>',
        summary: 'its doors, layers, policy, settings (never secrets) and data stores',
        examples: [['cofferdam environment show staging', 'everything about one']],
        load: async () => (await import('./commands/showEnvironment.ts')).showEnvironment,
      },
    ],
  },
  {
    usage: 'requests <environment>',
    summary: 'recent requests of an environment, newest first',
    about: 'Of each service the last 1,000 that failed, and of the others at most 20 a second.',
    options: [
      ['--service <name>', 'of one service'],
      ['--failed', 'only those that failed'],
      ['--limit <number>', 'at most so many (default 50)'],
      ['--why', 'with the steps that brought each where it went'],
    ],
    examples: [
      ['cofferdam requests production --failed', 'what fails now'],
      ['cofferdam requests staging --service my-service --why', 'where requests go, and why'],
    ],
    load: async () => (await import('./commands/requests.ts')).requests,
  },
  {
    usage: 'about',
    summary: 'which control plane answers: its version and its home',
    examples: [['cofferdam about', 'whose answers these are']],
    load: async () => (await import('./commands/about.ts')).about,
  },
  {
    usage: 'explain <method> <url>',
    summary: 'where a request would go, and why',
    about: 'URL is that of a door, or a path, which is taken as one of production.',
    options: [['-H, --header <header...>', "a header of it, as 'name: value'"]],
    examples: [
      ['cofferdam explain GET /api/my-service', 'at the front door of production'],
      ["cofferdam explain GET /api/my-service -H 'x-cofferdam-key: red'", 'with a key'],
    ],
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    usage: 'holds',
    summary: 'why whatever does not move does not move',
    examples: [['cofferdam holds', 'all of them']],
    load: async () => (await import('./commands/holds.ts')).holds,
  },
  {
    usage: 'logs <service>',
    summary: 'what the instances of a service wrote',
    options: [
      ['--environment <name>', 'of one environment'],
      ['--host <id>', 'of one host: 1, canary-1, …'],
      ['--promotion <id>', 'of the instances that it started, also after they were removed'],
      ['--lines <number>', 'at most so many (default 200)'],
      ['--follow', 'go on with what comes'],
    ],
    examples: [
      ['cofferdam logs my-service --host canary-1 --follow', 'the canary, live'],
      ['cofferdam logs my-service --promotion p-7', 'what a build wrote that went back'],
    ],
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  {
    usage: 'events',
    summary: 'everything that happened, numbered without gaps',
    options: [
      ['--after <number>', 'after this event'],
      ['--promotion <id>', 'of one promotion'],
      ['--follow', 'go on with what comes'],
    ],
    examples: [['cofferdam events --after 812 --follow', 'what is new']],
    load: async () => (await import('./commands/events.ts')).events,
  },
  {
    usage: 'validate [file]',
    summary: 'check a cofferdam.yaml: every problem at once, exit 2 if there is one',
    options: [
      ['--schema', 'print the JSON Schema, for editors'],
      ['--effective', 'print what it means with all defaults filled in'],
    ],
    examples: [
      ['cofferdam validate', './cofferdam.yaml'],
      ['cofferdam validate --schema > cofferdam.schema.json', 'for your editor'],
    ],
    load: async () => (await import('./commands/validate.ts')).validate,
  },
  {
    usage: 'doctor',
    summary: 'look at the home and this machine: exit 1 if something is wrong, with a remedy for each',
    about: 'Asks no API: it works also when the control plane is down.',
    examples: [
      ['cofferdam doctor', 'for a person'],
      ['cofferdam doctor --json', 'for a monitor'],
    ],
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    usage: 'backup <file>',
    summary: 'copy the store of the home to a new file, also while it is in use',
    about: 'Builds are folders that never change: copy `builds/` of the home after the backup.',
    examples: [['cofferdam backup shop-monday.db', 'one consistent state']],
    load: async () => (await import('./commands/keepStore.ts')).backup,
  },
  {
    usage: 'restore <file>',
    summary: 'put a backup in the place of the store; what serves users goes on meanwhile',
    about: 'Refused while a control plane holds the home, unless --stop ends it first. What was there is kept.',
    options: [['--stop', 'end the supervisor and the control plane first, and nothing else']],
    examples: [['cofferdam restore shop-monday.db --stop', 'then `cofferdam up`']],
    load: async () => (await import('./commands/keepStore.ts')).restore,
  },
  {
    name: 'token',
    summary: 'the secret of the home',
    commands: [
      {
        usage: 'rotate',
        summary: 'replace the token: the old one and every browser session are refused from now on',
        examples: [['cofferdam token rotate', 'after somebody saw it']],
        load: async () => (await import('./commands/keepStore.ts')).rotateToken,
      },
    ],
  },
  {
    usage: 'login',
    summary: 'print a one-time link for the browser',
    examples: [['cofferdam login', 'good for two minutes']],
    load: async () => (await import('./commands/login.ts')).login,
  },
]
