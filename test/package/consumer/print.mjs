import { bits } from './bits.mjs'

console.log(await bits())
