import { fileURLToPath } from 'node:url'

/** Folder that `npm run build:ui` fills. It may be missing: scripts of packages can be switched off. */
export const builtUi: string = fileURLToPath(new URL('../../web/dist', import.meta.url))
