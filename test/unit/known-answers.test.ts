import { describe } from 'vitest'
import { cpuBackends } from '../support/backends'
import { knownAnswers } from '../support/suites/known-answers'

describe.each(cpuBackends)('$name', knownAnswers)
