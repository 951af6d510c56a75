import { describe } from 'vitest'
import { cpuBackends } from '../support/backends'
import { oneMask } from '../support/suites/one-mask'

describe.each(cpuBackends)('$name', oneMask)
