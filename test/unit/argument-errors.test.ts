import { describe } from 'vitest'
import { cpuBackends } from '../support/backends'
import { argumentErrors } from '../support/suites/argument-errors'

describe.each(cpuBackends)('$name', argumentErrors)
