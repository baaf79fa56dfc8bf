import { mixesLabels, type AugmentationSpec } from '#shared/augmentation.ts';
import type { TensorSet } from '../../protocol.ts';
import { writeTargets, type Labels } from '../../targets.ts';
import type { BatchPlace } from '../producer.ts';
import { Mixer, type Mix } from './mix.ts';

/**
 * What a set's images are, batch by batch; the answer is written again by the next question.
 * @param given what they are to be taken for instead
 */
export type Labeler = (
  place: Pick<BatchPlace, 'epoch' | 'positions'>,
  given?: Float32Array,
) => Labels;

/** @param augment how the images are varied: blended images are shares of two classes */
export function labeler(
  { labels, images, height, width, channels }: TensorSet,
  augment?: { spec: AugmentationSpec; seed: number; classes: number },
): Labeler {
  const plain: Labeler = ({ positions }, given) =>
    given ?? Int32Array.from(positions, (position) => labels[position] ?? -1);
  if (!augment || !mixesLabels(augment.spec)) return plain;
  const { spec, seed, classes } = augment;
  const mixer = new Mixer(spec, { height, width, channels }, seed);
  return (place, given) => {
    const { epoch, positions } = place;
    const targets = new Float32Array(positions.length * classes);
    writeTargets(targets, plain(place, given), classes);
    const ids = positions.map((position) => images?.[position] ?? position);
    return mixTargets(targets, mixer.plan(epoch, ids));
  };
}

/** Each image's share of its own label, and the rest of its partner's. */
function mixTargets(targets: Float32Array, plan: readonly Mix[]): Float32Array {
  const classes = targets.length / plan.length;
  const mixed = targets.slice();
  for (const [place, { partner, share }] of plan.entries()) {
    if (share === 1) continue;
    for (let label = 0; label < classes; label++) {
      const own = targets[place * classes + label] ?? 0;
      const other = targets[partner * classes + label] ?? 0;
      mixed[place * classes + label] = share * own + (1 - share) * other;
    }
  }
  return mixed;
}
