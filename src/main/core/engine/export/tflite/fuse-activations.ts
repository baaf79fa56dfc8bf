import { activationCodes, type LiteModel, type LiteOp } from './model.ts';

const takesActivation: ReadonlySet<LiteOp> = new Set<LiteOp>([
  'ADD',
  'AVERAGE_POOL_2D',
  'CONV_2D',
  'DEPTHWISE_CONV_2D',
  'FULLY_CONNECTED',
  'MAX_POOL_2D',
]);

/** ReLU becomes a setting of the operator before it, where nothing else reads that one's output. */
export function fuseActivations(model: LiteModel): LiteModel {
  const uses = new Map<number, number>();
  for (const index of [...model.operators.flatMap(({ inputs }) => inputs), ...model.outputs]) {
    uses.set(index, (uses.get(index) ?? 0) + 1);
  }
  const makers = new Map(model.operators.map((operator, place) => [operator.output, place]));
  const operators: (LiteModel['operators'][number] | null)[] = [...model.operators];
  for (const [place, { op, inputs, output }] of model.operators.entries()) {
    if (op !== 'RELU' && op !== 'RELU6') continue;
    const from = inputs[0]!;
    const before = makers.get(from);
    const maker = before === undefined ? null : operators[before];
    if (!maker || before === undefined || uses.get(from) !== 1) continue;
    if (!takesActivation.has(maker.op) || maker.options['activation']) continue;
    const activation = activationCodes[op === 'RELU' ? 'relu' : 'relu6'];
    operators[before] = null;
    operators[place] = { ...maker, output, options: { ...maker.options, activation } };
  }
  return { ...model, operators: operators.filter((operator) => operator !== null) };
}
