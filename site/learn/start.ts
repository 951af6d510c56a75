/** What the page shows before anyone has touched it; the static HTML is made from it, too. */

import type { Axis, Shapes } from './shapes.js'

export const RATE = 0.5
/** With this seed both zero patterns of the answer that is quoted in “Often explained wrongly” come out. */
export const SEED = 37

export const words: Axis = { size: 3, name: 'word', labels: ['the', 'cat', 'sat'] }

/** The tensor at the top: two examples of three words, four channels each, under SpatialDropout1D. */
export const hero: Shapes = {
  axes: [{ size: 2, name: 'example' }, words, { size: 4, name: 'channel' }],
  noise: [2, 1, 4],
}

/** The flags of `hero` with RATE and SEED, in step 0: a test holds them to the library's. */
export const heroKept = [true, false, true, false, true, true, true, false]

/** Two sentences as a tagger sees them: words with an embedding of five channels each. */
export const sentences: Shapes = {
  axes: [
    { size: 2, name: 'sentence' },
    { size: 4, name: 'word', labels: ['the', 'old', 'man', 'sails'] },
    { size: 5, name: 'channel' },
  ],
  noise: [2, 1, 5],
}

export const sentencesKept = [true, false, true, false, true, true, true, false, true, true]

/** The axes of eight flips or four. */
export const flips = [2, 2, 2].map((size, i): Axis => ({ size, name: `axis ${i}` }))
