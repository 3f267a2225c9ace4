import type { DataStore } from '../domain/catalog/dataStore.ts'
import type { Service } from '../domain/catalog/service.ts'
import type { PipelineOverride } from '../domain/promotion/pipeline.ts'
import type { TableRoute } from '../domain/routing/table.ts'
import type { Test } from '../domain/test/test.ts'
import type { AnalysisSection } from './analysisSchema.ts'
import { mergeSections } from './mergeSections.ts'
import type { PipelineSection } from './pipelineSchema.ts'
import type { RouteSection, ServiceSection } from './serviceSchema.ts'
import type { TestSection } from './testSchema.ts'
import { toAnalysis, toPipeline } from './toPolicy.ts'

export interface PolicySections {
  readonly pipeline: PipelineSection
  readonly analysis: AnalysisSection
}

/** `absolute` turns a path of the file that the service stands in into an absolute one. */
export function toService(
  name: string,
  section: ServiceSection,
  policy: PolicySections,
  absolute: (path: string) => string,
): Service {
  const override = toOverride(section, policy)
  return {
    name,
    owner: section.owner,
    from: absolute(section.from),
    routes: section.routes.map(toRoute),
    pages: section.pages,
    run: section.run,
    ready: { path: section.ready.path, withinMs: section.ready.within },
    stop: { graceMs: section.stop.grace },
    dependencies: section.dependencies,
    settings: section.settings,
    data: Object.entries(section.data).map(([store, data]): DataStore => {
      const { kind, access, migrate, seed } = data
      return { name: store, kind, access, ...(migrate && { migrate }), ...(seed && { seed }) }
    }),
    tests: Object.entries(section.tests).map(([test, content]) => toTest(test, content)),
    ...(override && { override }),
  }
}

function toRoute(route: RouteSection): TableRoute {
  return typeof route === 'string' ? { path: route } : { host: route.host, path: route.path }
}

function toTest(name: string, section: TestSection): Test {
  if (section.kind === 'suite') {
    return { name, kind: 'suite', command: section.command, timeoutMs: section.timeout }
  }
  const { request, headers, body, expect } = section
  return {
    name,
    kind: 'probe',
    method: request.method,
    path: request.path,
    headers,
    ...(body !== undefined && { body }),
    expect: {
      status: expect.status,
      ...(expect.text !== undefined && { text: expect.text }),
      ...(expect.json !== undefined && { json: expect.json }),
      withinMs: expect.within,
    },
  }
}

/** What the service changes, each section whole: the organisation's with the service's fields laid over it. */
function toOverride(section: ServiceSection, policy: PolicySections): PipelineOverride | undefined {
  if (section.pipeline === undefined && section.analysis === undefined) return undefined
  return {
    ...(section.pipeline && { pipeline: toPipeline(mergeSections(policy.pipeline, section.pipeline)) }),
    ...(section.analysis && { analysis: toAnalysis(mergeSections(policy.analysis, section.analysis)) }),
  }
}
