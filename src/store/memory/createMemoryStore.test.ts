import { describeStore } from '../contract.ts'
import { createMemoryStore } from './createMemoryStore.ts'

describeStore('memory store', async (onEvents) => createMemoryStore({ onEvents }))
