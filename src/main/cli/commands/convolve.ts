import { InvalidArgumentError, Option } from 'commander';
import type { NumberGrid, SlidePadding } from '#shared/contract/index.ts';
import { parseNumbers, rowsOf } from '#shared/number-text.ts';
import { positiveInteger } from '../options.ts';
import type { AddCommand } from './index.ts';

interface Options {
  input: NumberGrid;
  kernel: NumberGrid;
  padding: SlidePadding;
  stride: number;
  correlate?: boolean;
}

export const addConvolve: AddCommand = (program, open) =>
  program
    .command('convolve')
    .description("convolve a few numbers with the engine's own operator, in 1, 2 or 3 dimensions")
    .requiredOption('--input <numbers>', "such as '2 3 2', or '1 2; 3 4' with two rows", numbers)
    .requiredOption('--kernel <numbers>', 'of as many dimensions', numbers)
    .addOption(
      new Option('--padding <how>', 'which positions count')
        .choices(['full', 'same', 'valid'])
        .default('same'),
    )
    .option('--stride <n>', 'places between positions', positiveInteger, 1)
    .option('--correlate', 'leave the kernel as it is, as layers do, instead of turning it around')
    .action(async ({ input, kernel, padding, stride, correlate = false }: Options) => {
      const session = open();
      const client = await session.client();
      const { output } = await client.workbench.slide({
        input,
        operation: { type: 'convolve', kernel, flip: !correlate },
        strides: input.shape.map(() => stride),
        padding,
      });
      const rows = rowsOf(output).map((row) => row.map((value) => Number(value.toPrecision(7))));
      session.output.result(output, rows.map((row) => row.join(' ')).join('\n'));
    });

function numbers(text: string): NumberGrid {
  const grid = parseNumbers(text);
  if (grid) return grid;
  throw new InvalidArgumentError("Give numbers with blanks between them, and ';' between rows.");
}
