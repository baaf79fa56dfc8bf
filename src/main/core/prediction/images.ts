/** What a model says of images of the library. */
import type { Prediction } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { CoreContext } from '../context.ts';
import type { Project } from '../projects/project.ts';
import { tensorSet } from '../runs/tensor-set.ts';
import { answerAt, answererOf, type Asked } from './answerer.ts';

/**
 * In the order of `images`; those whose files cannot be read are left out.
 * @throws AppError NOT_FOUND for an image that is not in the library, SOURCE_UNREADABLE when none
 *   can be read
 */
export async function predictImages(
  context: Pick<CoreContext, 'engine' | 'backbones'>,
  project: Project,
  request: Asked & { images: readonly number[] },
  signal?: AbortSignal,
): Promise<Prediction[]> {
  const model = answererOf(context, project, request);
  const rows = new Map(project.store.images.rows(request.images).map((row) => [row.id, row]));
  if (request.images.some((image) => !rows.has(image))) {
    throw new AppError('NOT_FOUND', 'One of these images is not in the library any more.');
  }
  const images = [...rows.keys()];
  const pack = await project.tensors.ensure({ ...model.input, images, signal });
  const failed = new Map(pack.failed.map(({ image, reason }) => [image, reason]));
  const readable = images.filter((image) => !failed.has(image));
  if (readable.length === 0) {
    const [image, reason] = [...failed][0]!;
    throw new AppError('SOURCE_UNREADABLE', `${rows.get(image)!.name} ${reason}`, {
      subject: rows.get(image)!.name,
      hint: 'Put the file back where it was, or import it again.',
    });
  }
  const set = tensorSet(
    model.input,
    {
      file: pack.file,
      slots: new Map(images.map((image, position) => [image, pack.slots[position]!])),
    },
    { images: Uint32Array.from(readable), classes: new Int32Array(readable.length).fill(-1) },
  );
  const data = await model.ask(set, { signal });
  const names = new Map(project.store.classes.list().map(({ id, name }) => [id, name]));
  const predictions = new Map(
    readable.map((image, index): [number, Prediction] => {
      const { name: file, classId } = rows.get(image)!;
      const known = model.knowsLabels && classId !== null;
      const truth = known ? (names.get(classId) ?? null) : null;
      return [image, { image, file, truth, ...answerAt(model, data, index) }];
    }),
  );
  return request.images.flatMap((image) => predictions.get(image) ?? []);
}
