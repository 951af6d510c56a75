// Modules are loaded by require() here, as in a CommonJS project.
for (const entry of ['', '/cpu', '/webgpu', '/monte-carlo']) require(`noiseshape${entry}`)
require('./bits.mjs').bits().then(console.log)
