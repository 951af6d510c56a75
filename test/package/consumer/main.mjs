// A page of a user: the test reads `result`, which is what the page has computed and what its worker has.
import { bits } from './bits.mjs'

const worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' })
globalThis.result = new Promise((resolve, reject) => {
  worker.onmessage = async ({ data }) => resolve([await bits(), data])
  worker.onerror = ({ message }) => reject(new Error(`the worker failed: ${message}`))
})
