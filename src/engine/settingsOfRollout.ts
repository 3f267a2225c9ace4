import type { AnalysisSettings } from '../domain/analysis/settings.ts'
import { settingsOf } from '../domain/promotion/planRollout.ts'
import type { Rollout } from '../domain/rollout/rollout.ts'
import type { Ports } from './ports.ts'

export interface RolloutSettings {
  readonly analysis: AnalysisSettings
  /** Shares of the service are dealt by session. */
  readonly pages: boolean
}

/** What a rollout is judged by: the configuration that its promotion began with. */
export async function settingsOfRollout(ports: Ports, rollout: Rollout): Promise<RolloutSettings | undefined> {
  const promotion = await ports.store.load('promotion', rollout.promotion)
  const organisation = promotion && (await ports.store.load('organisation', promotion.document.organisation))
  if (!organisation) return undefined
  const pages = organisation.document.services.find((one) => one.name === rollout.service)?.pages ?? false
  return { analysis: settingsOf(organisation.document, rollout.service).analysis, pages }
}

export async function analysisOf(ports: Ports, rollout: Rollout): Promise<AnalysisSettings | undefined> {
  return (await settingsOfRollout(ports, rollout))?.analysis
}
