import { describe } from 'vitest'
import { cpuBackends } from '../support/backends'
import { layers } from '../support/suites/layers'

describe.each(cpuBackends)('$name', layers)
