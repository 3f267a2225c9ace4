import type { EventDocument } from '../../src/http/contract/documents.ts'

/** The sentence of an event; the service before it where the sentence does not begin with it. */
export function EventText({ event }: { readonly event: EventDocument }) {
  const { service, text } = event
  return (
    <span>
      {service !== undefined && !text.startsWith(service) && (
        <b>
          <bdi>{service}</bdi>:{' '}
        </b>
      )}
      {text}
    </span>
  )
}
