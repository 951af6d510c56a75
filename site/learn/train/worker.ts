/** Trains one network in a worker, where it does not block the page. Loaded, with the digits, when one asks for it. */

import test from '../../../models/digits/test-split.json'
import train from '../../../models/digits/train-split.json'
import { type Progress, type Settings, trainOne } from './recipe.js'

export interface Order extends Settings {
  /** Index into `variants`. */
  variant: number
}

/** The page receives one after each epoch. */
addEventListener('message', ({ data }: MessageEvent<Order>) => {
  for (const progress of trainOne(data.variant, train, test, data)) postMessage(progress satisfies Progress)
})
