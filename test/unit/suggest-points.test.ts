/** Suggested points: graded on real architectures whose dropout in training is known, and rule by rule on small graphs. */

import { fileURLToPath } from 'node:url'
import {
  lastPoint,
  makeStochastic,
  type Suggestion,
  type SuggestOptions,
  suggestPoints,
} from 'noiseshape/onnx'
import { describe, expect, test } from 'vitest'
import { exportedModel, exportedNames } from '../support/exported-models'
import { type GradedFile, grade, gradedFiles, precision, recall } from '../support/grade-points'
import { encode, floats, type GraphInit, info, node } from '../support/onnx-models'

describe('on models whose dropout in training is known', () => {
  const files = gradedFiles(fileURLToPath(new URL('../support/points', import.meta.url)), (model) =>
    suggestPoints(model),
  )
  const named = (part: string): GradedFile[] => files.filter(({ name }) => name.includes(part))

  test('all but two of what is suggested with high confidence are right', () => {
    expect(files).toHaveLength(34)
    const { high, right } = grade(files)
    // The two are attention weights of T5, of which the truth of its dynamo export knows nothing (README there).
    expect(high - right).toBeLessThanOrEqual(2)
    expect(grade(named('t5_encoder.dynamo')).high - grade(named('t5_encoder.dynamo')).right).toBe(
      high - right,
    )
  })

  test('most of the points are found with high confidence, and nearly all are listed', () => {
    expect(recall(grade(files))).toBeGreaterThan(0.87)
    expect(grade(files).listed / grade(files).truth).toBeGreaterThan(0.99)
  })

  test.each([
    ['embedding', 0.8],
    ['attention', 1],
    ['residual', 1],
    ['features', 0.73],
    ['classifier', 0.75],
    ['droppath', 0.78],
  ])('%s: precision and recall do not fall', (kind, least) => {
    expect(precision(grade(files, kind))).toBeGreaterThan(kind === 'attention' ? 0.92 : 0.99)
    expect(recall(grade(files, kind))).toBeGreaterThanOrEqual(least)
  })

  test.each(['hf_', 'timm_vit', 'tv_swin', 'tv_efficientnet', 'mlp', 'vgg'])(
    'where names say the most (%s), nine of ten points are found',
    (part) => {
      expect(recall(grade(named(part)))).toBeGreaterThan(0.9)
    },
  )

  test('a network without dropout gets no confident suggestion, but opens with the best there is', () => {
    for (const { suggestions } of named('tv_resnet18')) {
      expect(suggestions.filter(({ confidence }) => confidence === 'high')).toEqual([])
      const selected = suggestions.filter((suggestion) => suggestion.selected)
      expect(selected).toMatchObject([{ kind: 'classifier', confidence: 'medium' }])
      expect(selected[0].reason).toMatch(/last layer.*nothing is certain/)
    }
  })

  // Others are large; long/unit/suggested-points runs all.
  const small = exportedNames.filter((name) => /^(hf|mlp|lstm|unet|tv_swin|tv_densenet)/.test(name))
  test.each(small)('%s opens with what is suggested, and with the last point', (name) => {
    const model = exportedModel(name)
    const selected = suggestPoints(model).filter((suggestion) => suggestion.selected)
    const { inputs } = makeStochastic(model, { points: suggestPoints })
    expect(inputs.map(({ tensor, rate }) => [tensor, rate])).toEqual(
      selected.map(({ tensor, rate }) => [tensor, rate]),
    )
    expect(makeStochastic(model, { points: lastPoint }).inputs).toHaveLength(1)
  })

  test('random nodes that stayed active state their rate and noise shape', () => {
    const [unet] = named('unet_dropout2d.dynamo')
    expect(unet.suggestions.filter(({ selected }) => selected)).toMatchObject(
      ['relu_5', 'relu_7', 'relu_9'].map((tensor) => ({
        tensor,
        rate: 0.3,
        rateSource: 'model',
        noiseShape: [null, null, 1, 1],
      })),
    )
  })

  test('stochastic depth follows the linear schedule of the truth', () => {
    const [convnext] = named('timm_convnext_atto')
    const rates = convnext.suggestions.filter(({ kind }) => kind === 'droppath').map(({ rate }) => rate)
    // rate 0.1 over 12 blocks, as timm's create_model(..., drop_path_rate=0.1) gives them; the first has 0 and is left out
    expect(rates).toEqual([
      0.0091, 0.0182, 0.0273, 0.0364, 0.0455, 0.0545, 0.0636, 0.0727, 0.0818, 0.0909, 0.1,
    ])
  })
})

/** A network of layers in turn, each reading the one before, with the module names of TorchScript. */
function chain(layers: readonly [name: string, opType: string][]): Uint8Array {
  return encode({
    node: layers.map(([name, opType], i) => {
      const input = i === 0 ? 'x' : `${layers[i - 1][0]}_output_0`
      const weights = opType === 'Gemm' ? ['w'] : []
      return node(opType, [input, ...weights], [`${name}_output_0`], { name })
    }),
    input: [info('x', ['n', 4])],
    output: [info(`${layers.at(-1)?.[0]}_output_0`)],
    initializer: [floats('w', [4, 4], new Array(16).fill(0))],
  })
}

const at = (suggestions: readonly Suggestion[], tensor: string) =>
  suggestions.find((suggestion) => suggestion.tensor === tensor)

describe('gaps in the numbers of a sequence', () => {
  const sequence = (...layers: [number, string][]) =>
    suggestPoints(chain(layers.map(([number, opType]) => [`/net/net.${number}/${opType}`, opType])))

  test('are dropouts', () => {
    const found = sequence([0, 'Gemm'], [1, 'Relu'], [3, 'Gemm'])
    expect(at(found, '/net/net.1/Relu_output_0')).toMatchObject({
      confidence: 'high',
      selected: true,
      reason: expect.stringContaining('module net.2 left no node'),
    })
  })

  test('that are not there mean that there was none', () => {
    const found = sequence([0, 'Gemm'], [1, 'Relu'], [2, 'Gemm'], [3, 'Relu'], [5, 'Gemm'])
    expect(at(found, '/net/net.1/Relu_output_0')).toMatchObject({ confidence: 'low', selected: false })
    expect(at(found, '/net/net.3/Relu_output_0')).toMatchObject({ confidence: 'high' })
  })

  test('at the start of a sequence are dropouts too', () => {
    const found = suggestPoints(
      chain([
        ['/body/Relu', 'Relu'],
        ['/classifier/classifier.1/Gemm', 'Gemm'],
      ]),
    )
    expect(at(found, '/body/Relu_output_0')).toMatchObject({ kind: 'classifier', confidence: 'high' })
  })

  test('behind a convolution may be a normalisation that was folded into it', () => {
    const conv = (name: string, input: string) => node('Conv', [input, 'k'], [`${name}_output_0`], { name })
    const bytes = encode({
      node: [
        conv('/net/net.0/Conv', 'x'),
        node('Relu', ['/net/net.0/Conv_output_0'], ['r'], { name: '/net/net.2/Relu' }),
        { ...conv('/net/net.3/Conv', 'r'), output: ['y'] },
      ],
      input: [info('x', ['n', 1, 8, 8])],
      output: [info('y')],
      initializer: [floats('k', [1, 1, 1, 1], [1])],
    })
    expect(suggestPoints(bytes).filter(({ confidence }) => confidence === 'high')).toEqual([])
  })
})

describe('a transformer without names', () => {
  /** One block: attention and a feed-forward branch, pre-norm, with positions added to words. */
  const block: GraphInit = {
    node: [
      node('Gather', ['words', 'ids'], ['word']),
      node('Add', ['word', 'positions'], ['stream']),
      node('LayerNormalization', ['stream', 'scale'], ['norm']),
      node('MatMul', ['norm', 'w'], ['query']),
      node('MatMul', ['norm', 'w'], ['key']),
      node('MatMul', ['norm', 'w'], ['value']),
      node('Transpose', ['key'], ['turned']),
      node('MatMul', ['query', 'turned'], ['scores']),
      node('Softmax', ['scores'], ['attention']),
      node('MatMul', ['attention', 'value'], ['heads']),
      node('MatMul', ['heads', 'w'], ['projected']),
      node('Add', ['bias', 'projected'], ['attended']),
      node('Add', ['stream', 'attended'], ['between']),
      node('MatMul', ['between', 'w'], ['wide']),
      node('Relu', ['wide'], ['active']),
      node('MatMul', ['active', 'w'], ['narrow']),
      node('Add', ['between', 'narrow'], ['out']),
      node('MatMul', ['out', 'w'], ['logits']),
    ],
    input: [info('ids', ['n', 3], 7)],
    output: [info('logits', ['n', 3, 4])],
    initializer: [
      floats('words', [5, 4], new Array(20).fill(0)),
      floats('positions', [3, 4], new Array(12).fill(0)),
      floats('w', [4, 4], new Array(16).fill(0)),
      floats('scale', [4], [1, 1, 1, 1]),
      floats('bias', [4], [0, 0, 0, 0]),
    ],
  }
  const suggest = (options?: SuggestOptions) => suggestPoints(encode(block), options)
  const residual: typeof suggestPoints = (model) => suggestPoints(model, { kinds: ['residual'] })

  test('shows its places by structure', () => {
    const found = suggest().map(({ tensor, kind, confidence }) => [tensor, kind, confidence])
    expect(found).toEqual([
      ['stream', 'embedding', 'medium'],
      ['attention', 'attention', 'medium'],
      ['attended', 'residual', 'medium'],
      ['active', 'features', 'low'],
      ['narrow', 'residual', 'medium'],
      ['out', 'classifier', 'medium'],
    ])
  })

  test('gets its rates from a config, which also says what there is and is not', () => {
    const config = {
      attention_probs_dropout_prob: 0.07,
      hidden_dropout_prob: 0,
      classifier_dropout: null,
      embd_pdrop: 0.3,
    }
    const found = suggest({ config })
    expect(at(found, 'attention')).toMatchObject({ rate: 0.07, rateSource: 'config', confidence: 'high' })
    expect(at(found, 'stream')).toMatchObject({ rate: 0.3, confidence: 'high' })
    expect(at(found, 'attended')).toMatchObject({ rate: 0, confidence: 'low', selected: false })
    expect(at(found, 'attention')?.reason).toContain("the config's attention_probs_dropout_prob")
  })

  test('opens with its last point where the config has no dropout at all', () => {
    const config = { attention_probs_dropout_prob: 0, hidden_dropout_prob: 0 }
    expect(suggest({ config }).filter(({ selected }) => selected)).toMatchObject([
      { tensor: 'out', kind: 'classifier', rate: 0.2, rateSource: 'customary', confidence: 'low' },
    ])
  })

  test('gives all places of the kinds that are asked for', () => {
    const kinds = ['attention', 'features'] as const
    expect(suggest({ kinds }).map(({ tensor, selected }) => [tensor, selected])).toEqual([
      ['attention', true],
      ['active', true],
    ])
  })

  test('gets stochastic depth on its branches, as a whole example each', () => {
    const found = suggest({ kinds: ['droppath'], config: { drop_path_rate: 0.4 } })
    // Two branches: the first has rate 0 and is left out.
    expect(found).toMatchObject([
      { tensor: 'narrow', rate: 0.4, rateSource: 'config', noiseShape: [null, 1, 1] },
    ])
  })

  test('is surer with names of modules: nothing of a known family says otherwise', () => {
    const nodes = block.node?.map((one) => ({ ...one, name: `/net/blocks.0/${one.name}` }))
    const found = suggestPoints(encode({ ...block, node: nodes }))
    expect(found.filter(({ selected }) => selected).map(({ tensor }) => tensor)).toEqual([
      'attention',
      'attended',
      'narrow',
    ])
  })

  test('opens with the places of a kind, and says why', () => {
    const { inputs } = makeStochastic(encode(block), { points: residual })
    expect(inputs).toMatchObject([
      { tensor: 'attended', rate: 0.1, kind: 'residual', noiseShape: [null, null, null] },
      { tensor: 'narrow', rate: 0.1, kind: 'residual', reason: expect.stringContaining('residual branch') },
    ])
  })

  test('opens with the place before the last layer alone', () => {
    expect(lastPoint(encode(block))).toMatchObject([{ tensor: 'out', kind: 'classifier', selected: true }])
    expect(makeStochastic(encode(block), { points: lastPoint }).inputs).toHaveLength(1)
  })

  test('takes the option rate before a suggested one', () => {
    const { inputs } = makeStochastic(encode(block), { points: residual, rate: 0.25 })
    expect(inputs.map(({ rate }) => rate)).toEqual([0.25, 0.25])
  })

  test('is parsed once: the function receives the model', () => {
    let given: unknown
    makeStochastic(encode(block), {
      points: (model) => {
        given = model
        return suggestPoints(model, { kinds: ['embedding'] })
      },
    })
    expect(given).toMatchObject({ opset: 17 })
  })
})

describe('what a model states', () => {
  test('its Dropout nodes are the points, with their ratios', () => {
    const bytes = encode({
      node: [
        node('Gemm', ['x', 'w'], ['a']),
        node('Relu', ['a'], ['b']),
        node('Dropout', ['b', 'r'], ['c']),
        node('Gemm', ['c', 'w'], ['y']),
      ],
      input: [info('x', ['n', 4])],
      output: [info('y', ['n', 4])],
      initializer: [floats('w', [4, 4], new Array(16).fill(0)), floats('r', [], [Math.fround(0.3)])],
    })
    const selected = suggestPoints(bytes).filter((suggestion) => suggestion.selected)
    expect(selected).toMatchObject([{ tensor: 'c', rate: 0.3, rateSource: 'model', kind: 'classifier' }])
    expect(makeStochastic(bytes, { points: suggestPoints }).inputs).toMatchObject([{ node: 'c', rate: 0.3 }])
  })

  test('fused operators are out of reach, and the remedy is said', () => {
    const bytes = encode({
      node: [
        node('Gemm', ['x', 'w'], ['a']),
        node('MultiHeadAttention', ['a', 'a', 'a'], ['b'], { domain: 'com.microsoft' }),
        node('Gemm', ['b', 'w'], ['y']),
      ],
      input: [info('x', ['n', 4])],
      output: [info('y', ['n', 4])],
      initializer: [floats('w', [4, 4], new Array(16).fill(0))],
    })
    const fused = at(suggestPoints(bytes, { kinds: ['attention'] }), 'b')
    expect(fused).toMatchObject({ confidence: 'out of reach', selected: false })
    expect(fused?.reason).toMatch(
      /inside the fused operator MultiHeadAttention.*before ONNX Runtime's optimisation/,
    )
  })
})

describe('wrong arguments', () => {
  const bytes = chain([
    ['/fc1/Gemm', 'Gemm'],
    ['/Relu', 'Relu'],
    ['/fc2/Gemm', 'Gemm'],
  ])

  test.each<[string, object, RegExp]>([
    [
      'a kind that does not exist',
      { kinds: ['dropout'] },
      /kinds is 'dropout'.*The kinds are embedding, attention/,
    ],
    ['kinds that are no list', { kinds: 'attention' }, /kinds is 'attention'.*array/],
    ['a config that is not parsed', { config: '{}' }, /config is '\{\}'.*json\(\)/],
    ['an unknown option', { kind: ['attention'] }, /options\.kind.*Pass it as kinds/],
  ])('%s is refused', (_, options, message) => {
    expect(() => suggestPoints(bytes, options as SuggestOptions)).toThrow(message)
  })

  test('bytes that are no model are refused', () => {
    expect(() => suggestPoints(new Uint8Array(3))).toThrow(/not an ONNX model/)
    expect(() => lastPoint('model.onnx' as unknown as Uint8Array)).toThrow(/modelBytes is 'model.onnx'/)
  })

  test('a model without layers has no last point', () => {
    const identity = encode({
      node: [node('Identity', ['x'], ['y'])],
      input: [info('x', [1])],
      output: [info('y')],
    })
    expect(suggestPoints(identity)).toEqual([])
    expect(() => lastPoint(identity)).toThrow(/no layer with weights/)
  })

  test('a damaged model, whose nodes read what they make, is a model without a place', () => {
    const circles = encode({
      node: [
        node('MatMul', ['x', 'w'], ['a']),
        node('Add', ['a', 'w'], ['a']),
        node('Reshape', ['b', 's'], ['b']),
        node('Gemm', ['b', 'w'], ['c'], { name: '/net/net.99999999999999999999/Gemm' }),
        node('Add', ['c', 'd'], ['d'], { name: '/net/net.199999999999999999999/Add' }),
        node('Softmax', ['d'], ['d']),
      ],
      input: [info('x', [4, 4])],
      output: [info('d')],
      initializer: [floats('w', [4, 4], new Array(16).fill(0))],
    })
    expect(suggestPoints(circles)).toBeInstanceOf(Array)
  })

  test('a function that gives no list, nothing, or nothing selected, is refused', () => {
    const open = (points: unknown) => () => makeStochastic(bytes, { points: points as typeof suggestPoints })
    expect(open(async () => [])).toThrow(/points is .*Promise.*must be an array/)
    expect(open(() => [])).toThrow(/the result of points is \[\].*suggestPoints\(modelBytes\)/)
    expect(open(() => [{ tensor: '/Relu_output_0', rate: 0.5, selected: false }])).toThrow(
      /none of them is selected/,
    )
  })
})
