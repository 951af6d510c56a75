import { bits } from './bits.mjs'

bits().then((line) => postMessage(line))
