// @ts-check
// `npm run fuzz`: the tests on random wrong values and bytes, for as long as one likes, on new cases each time.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { endTree, useTemporaryFolder } from './processes.mjs'
import { root, setUp } from './setup.mjs'

const USAGE = `npm run fuzz -- [options]
  --minutes N          how long each property is tried; default 5
  --seed N             of the first case; default: the time
  --path P             with --seed and --test: the failing case that a message named, once
  --project NAME       unit (Node) or gpu (headless Chrome); default both
  --test NAME          only tests whose name holds this`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    path: { type: 'string' },
    project: { type: 'string', multiple: true, default: ['unit', 'gpu'] },
    test: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
setUp()
const temporary = useTemporaryFolder()
const vitest = spawn(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...values.project.flatMap((name) => ['--project', name]),
    ...(values.test ? ['-t', values.test] : []),
    'wrong-values',
    'encode-values',
    'onnx-bytes',
  ],
  {
    cwd: root,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      VITE_FUZZ_MINUTES: values.minutes,
      VITE_FUZZ_SEED: values.seed,
      VITE_FUZZ_PATH: values.path ?? '',
    },
  },
)
temporary.onStop(() => endTree(vitest))
vitest.on('exit', (code) => process.exit(code ?? 1))
