import type { Outcome } from '../../domain/holds.ts'
import type { PromotionDocument } from '../../engine/api.ts'
import type { RouteName } from '../contract/routes.ts'
import { actor, type HandlerPorts, type Handlers, ok } from '../handler.ts'
import type { Answer } from '../idempotency.ts'
import { refuse } from '../problem.ts'

type PromotionRoute = Extract<
  RouteName,
  `${string}Promotion` | `${string}Promotions` | `promotion${string}` | 'startRollback'
>

export function createPromotionRoutes({ engine }: HandlerPorts): Handlers<PromotionRoute> {
  return {
    listPromotions: async ({ query }) => {
      const filter = {
        ...(query.service === undefined ? {} : { service: query.service }),
        ...(query.limit === undefined ? {} : { limit: query.limit }),
      }
      return ok({ promotions: await engine.promotions(filter) })
    },
    startPromotion: async ({ body }, requestKey) => {
      const deployed = await engine.deploy({
        service: body.service,
        build: body.build,
        ...(body.stage === undefined ? {} : { stage: body.stage }),
        ...(body.emergency === undefined ? {} : { emergency: body.emergency }),
        ...(requestKey === undefined ? {} : { requestKey }),
        by: actor,
      })
      if (!deployed.accepted) throw refuse(deployed.holds)
      return deployed.value.already ? ok(deployed.value) : created(deployed.value.promotion)
    },
    startRollback: async ({ body }, requestKey) => {
      const outcome = await engine.rollback({
        service: body.service,
        ...(body.to === undefined ? {} : { to: body.to }),
        ...(body.reason === undefined ? {} : { reason: body.reason }),
        ...(requestKey === undefined ? {} : { requestKey }),
        by: actor,
      })
      if (!outcome.accepted) throw refuse(outcome.holds)
      return created(outcome.value)
    },
    getPromotion: async ({ params }) => ok(await engine.promotion(params.id)),
    abortPromotion: async ({ params, body }) => answer(await engine.abort(params.id, body.reason ?? '', actor)),
    retryPromotion: async ({ params, body }, requestKey) =>
      answer(await engine.retry(params.id, body.reason ?? '', actor, requestKey)),
    passPromotion: async ({ params, body }, requestKey) =>
      answer(await engine.pass(params.id, body.reason, actor, requestKey)),
    promotionSeries: async ({ params, query }) => {
      const options = {
        sliceMs: (query.slice ?? 10) * 1_000,
        ...(query.after === undefined ? {} : { after: query.after }),
      }
      return ok({ series: await engine.series(params.id, options) })
    },
    promotionRequests: async ({ params }) => ok({ requests: await engine.requests(params.id) }),
    promotionTests: async ({ params }) => {
      const { stages } = await engine.promotion(params.id)
      return ok({ tests: stages.flatMap((stage) => stage.tests.map((test) => ({ stage: stage.name, ...test }))) })
    },
    replayPromotion: async ({ params }) => ok(await engine.replay(params.id)),
  }
}

function answer(outcome: Outcome<PromotionDocument>): Answer {
  if (!outcome.accepted) throw refuse(outcome.holds)
  return ok(outcome.value)
}

function created(promotion: PromotionDocument): Answer {
  return { status: 201, headers: { location: `/api/v1/promotions/${promotion.id}` }, body: promotion }
}
