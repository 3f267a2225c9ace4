import type { Promotion } from '../domain/promotion/promotion.ts'
import type { DocumentWrite } from './ports.ts'

/** How a promotion is saved: under its id, found by its service and its phase. @param revision the one that was read; 0 creates. */
export function promotionWrite(promotion: Promotion, revision: number): DocumentWrite {
  const { id, service, phase } = promotion
  return { kind: 'promotion', id, revision, document: promotion, service, phase }
}
