/** Trains the networks in a worker, where it does not block the page. Loaded, with the digits, when one asks for it. */

import test from '../../../models/digits/test-split.json'
import train from '../../../models/digits/train-split.json'
import { type Progress, type Settings, trainAll } from './recipe.js'

/** What the page receives: one after each epoch of each network, then 'done'. */
export type Report = Progress | 'done'

addEventListener('message', ({ data }: MessageEvent<Settings>) => {
  for (const progress of trainAll(train, test, data)) postMessage(progress satisfies Report)
  postMessage('done' satisfies Report)
})
