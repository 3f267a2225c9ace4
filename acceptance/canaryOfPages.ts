import type { Context } from './context.ts'
import type { Demo } from './demo.ts'
import { addTree, layTree } from './exampleTree.ts'

/** A harmless build of the service with pages. */
export async function addPagesBuild(context: Context, demo: Demo): Promise<string> {
  return (await addTree(demo, 'blog-ui', layTree(context, 'blog-ui'))).digest
}

/** Until the canary takes its share. */
export async function waitForCanary(demo: Demo, id: string, withinMs = 120_000): Promise<void> {
  const promotion = await demo
    .api()
    .follow(id, (one) => (one.rollout?.share.set ?? 0) > 0 && (one.rollout?.arms.canary.requests ?? 0) > 0, withinMs)
  if ((promotion.rollout?.share.set ?? 0) === 0)
    throw new Error(
      `${id} is ${promotion.phase} in ${promotion.stage}: ${promotion.result?.text ?? JSON.stringify(promotion.holds)}`,
    )
}
