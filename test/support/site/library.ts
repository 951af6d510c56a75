/** A page with nothing on it but the built library, for tests that call it from outside. */

import { createEngine } from 'noiseshape'
import { dropout, mask } from 'noiseshape/cpu'
import { floats, patterns } from '../compare'
import { input } from '../inputs'

const exposed = { createEngine, dropout, mask, input, floats, patterns }

declare global {
  var library: typeof exposed
}

globalThis.library = exposed
