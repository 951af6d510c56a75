import { describe } from 'vitest'
import { layers } from '../support/tfjs-layers'
import { op } from '../support/tfjs-op'
import { predict } from '../support/tfjs-predict'

describe('the op on the cpu backend', () => op('cpu'))

describe('the layers on the cpu backend', () => layers('cpu'))

describe('mcPredict on the cpu backend', () => predict('cpu'))
