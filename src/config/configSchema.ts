import { z } from 'zod'
import { analysisSchema } from './analysisSchema.ts'
import { environmentSchema } from './environmentSchema.ts'
import { choice, named, section, text } from './fields.ts'
import { name } from './names.ts'
import { keepSchema } from './keepSchema.ts'
import { pipelineSchema } from './pipelineSchema.ts'
import { serviceSchema } from './serviceSchema.ts'

/** The whole of `cofferdam.yaml`, with the services of other files already in their places. */
export const configSchema = section({
  cofferdam: choice(1).describe('Version of this schema.'),
  environments: named(name('the name of an environment'), environmentSchema(), 'environments').describe(
    'Places where services run, by name.',
  ),
  pipeline: pipelineSchema().prefault({}).describe('The one pipeline of the organisation.'),
  analysis: analysisSchema().prefault({}).describe('How a rollout is judged.'),
  keep: keepSchema().prefault({}).describe('What is kept of the past.'),
  services: named(name('the name of a service'), serviceSchema(), 'services').describe(
    'What is deployed, by name; a path instead of a map is a file with the content of that entry.',
  ),
})

/** The same as a person writes it, where a service may be the path of its own file: for editors only. */
export const writtenSchema = configSchema.extend({
  services: named(
    name('the name of a service'),
    z.union([text('the path of a file'), serviceSchema()]),
    'services',
  ).describe('What is deployed, by name; a path instead of a map is a file with the content of that entry.'),
})

export type Config = z.output<typeof configSchema>
