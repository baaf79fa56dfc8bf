/** Formats by what one wants to do with the model, and how large each will be. */
import type { ExportFormatInfo } from '#shared/contract/index.ts';

export interface FormatGroup {
  title: string;
  formats: ExportFormatInfo[];
}

const groups: readonly { title: string; ids: readonly string[] }[] = [
  { title: 'In a browser', ids: ['web', 'tfjs'] },
  {
    title: 'In Python and other programs',
    ids: ['onnx', 'onnx-fp16', 'onnx-int8', 'pytorch', 'keras', 'h5'],
  },
  { title: 'On a phone or a small device', ids: ['tflite', 'tflite-int8', 'coreml'] },
  { title: 'Go on training elsewhere', ids: ['keras-project'] },
];
const others = 'More';

/** In the order of the groups; what no group has comes last. */
export function grouped(formats: readonly ExportFormatInfo[]): FormatGroup[] {
  const found = groups.map(({ title, ids }) => ({
    title,
    formats: ids.flatMap((id) => formats.filter((format) => format.id === id)),
  }));
  const rest = formats.filter(({ id }) => !groups.some(({ ids }) => ids.includes(id)));
  return [...found, { title: others, formats: rest }].filter((group) => group.formats.length > 0);
}

const PAGE_BYTES = 5_070_000;

/** Before it is written: what its weights take, and what else is inside. */
export function expectedBytes(format: string, parameters: number): number {
  if (format === 'web') return PAGE_BYTES + parameters * 4 * (4 / 3);
  if (format.endsWith('-int8')) return parameters;
  return parameters * (format.endsWith('-fp16') ? 2 : 4);
}
