/** What the page "everything" draws, and its test expects. */

export const DRAW = { shape: [6, 9, 16], noiseShape: [6, 1, 16], rate: 0.3, seed: 5, stream: 1, step: 2 }
/** More values than JavaScript computes before it tries WebAssembly. */
export const LARGE = { shape: [300_000], rate: 0.5, seed: 9 }
export const SAMPLES = 20
