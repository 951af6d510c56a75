/** How often a test repeats itself: vitest.config.ts gives each project its number. */

import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    rounds: number
  }
}

export const rounds = inject('rounds')
