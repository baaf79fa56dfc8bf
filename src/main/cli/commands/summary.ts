import type { ModelSummary } from '#shared/contract/index.ts';
import { count, table } from '../text.ts';
import type { AddCommand } from './index.ts';

interface Options {
  preset: string;
}

export const addSummary: AddCommand = (program, open) =>
  program
    .command('summary')
    .description("list a preset's layers with output shapes and parameters")
    .requiredOption('--preset <id>', 'fashion-cnn, lenet, cifar-deep, cats-dogs, resnet-18 …')
    .action(async ({ preset }: Options) => {
      const session = open();
      const client = await session.client();
      const summary = await client.runs.summary({ preset });
      session.output.result(
        {
          layers: summary.layers.map(({ name, type, output, parameters, macs, depth }) => ({
            name,
            type,
            output,
            parameters,
            macs,
            depth,
          })),
          parameters: summary.parameters,
          trainable: summary.trainable,
          macs: summary.macs,
        },
        describe(summary),
      );
    });

function describe({ name, input, layers, parameters, trainable, macs }: ModelSummary): string {
  const rows = layers.map((layer) => [
    // What is inside a block comes before the row that joins it.
    '  '.repeat(layer.depth) + layer.name,
    layer.type,
    layer.output.join('×'),
    layer.parameters,
    layer.macs,
  ]);
  return [
    `${name}, input ${input.height}×${input.width}×${input.channels}`,
    table(['layer', 'type', 'output', 'parameters', 'multiply-adds'], rows),
    `${count(parameters)} parameters, ${count(trainable)} trainable; ${count(macs)} multiply-adds an image`,
  ].join('\n');
}
