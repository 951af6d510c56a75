import '@tensorflow/tfjs-backend-webgpu'
import { describe } from 'vitest'
import { layers } from '../support/tfjs-layers'
import { predict } from '../support/tfjs-predict'

describe('the layers on the webgpu backend', () => layers('webgpu'))

describe('mcPredict on the webgpu backend', () => predict('webgpu'))
