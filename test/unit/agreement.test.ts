import { describe } from 'vitest'
import { cpuBackends } from '../support/backends'
import { agreement } from '../support/suites/agreement'

describe.each(cpuBackends)('$name', (backend) => agreement(backend, { runs: 400 }))
