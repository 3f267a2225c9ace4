import { defaultKept, mostKept } from '../domain/catalog/organisation.ts'
import { number, section } from './fields.ts'

/** `keep:`: how much of the past is kept. */
export function keepSchema() {
  return section({
    observations: number({ min: 1, max: mostKept }, { whole: true })
      .prefault(defaultKept.observations)
      .describe(
        'So many of the newest ended promotions keep what was seen during them, second by second, about 1 MB each: ' +
          '`promotion replay` needs it. Their results stay for ever.',
      ),
  })
}
