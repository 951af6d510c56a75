import { describe } from 'vitest'
import { cpuBackends } from '../support/backends'
import { values } from '../support/suites/values'

describe.each(cpuBackends)('$name', values)
