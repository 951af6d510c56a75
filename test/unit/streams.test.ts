import { describe } from 'vitest'
import { cpuBackends } from '../support/backends'
import { streams } from '../support/suites/streams'

describe.each(cpuBackends)('$name', streams)
