import { describe } from 'vitest'
import { allBackends } from '../support/backends-webgpu'
import { useGpu } from '../support/gpu'
import { agreement } from '../support/suites/agreement'

describe.each(allBackends(useGpu()))('$name', (backend) => agreement(backend, { runs: 150 }))
