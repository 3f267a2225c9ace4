import { z } from 'zod'
import { writtenSchema } from './configSchema.ts'

/** A JSON Schema as this page of editors and our own pages read it: the parts that ours has. */
export interface JsonSchema {
  readonly description?: string
  readonly default?: unknown
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  /** What is allowed, in words. */
  readonly $comment?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly propertyNames?: JsonSchema
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly not?: unknown
}

/** The schema of `cofferdam.yaml` for editors (JSON Schema 2020-12): what a person writes, with descriptions and defaults. */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(writtenSchema, { io: 'input' }) as JsonSchema
}
