/** What a model makes of images just before it decides: the input of its last layer with weights. */
import { viewsOf, type ViewsSpec } from '#shared/views.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { concrete, elements } from '../graph/shape.ts';
import type { Graph, Value } from '../graph/types.ts';
import { addInput } from '../layers/forward.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import { buildProbabilities } from '../losses.ts';
import { buildWith, inView, meanOf, weightsIn } from './inference.ts';
import type { ParameterValues } from './parameters.ts';

/** Maps of more numbers in all count by their means, where each place would count. */
const MOST = 8192;

export interface FeatureOptions {
  /** Both answers are averaged over these views; as the image is, where there are none. */
  views?: ViewsSpec | null;
  /**
   * Whether maps count with each of their places, not only by their means: what is where tells images
   * apart that are made of the same parts.
   */
  places?: boolean;
}

/** image → `features` float32 [batch, size] and `probabilities` float32 [batch, classes]. */
export function buildFeatures(
  model: ResolvedModel,
  parameters: ParameterValues,
  { views = null, places = false }: FeatureOptions = {},
): Graph {
  const b = new GraphBuilder(`features_${model.name}`);
  const weights = weightsIn(b, parameters);
  const input = addInput(b, model, 'batch');
  const head = model.layers.findLastIndex((layer) => layer.parameters.length > 0);
  const before = model.layers[head - 1]?.name;
  const each = viewsOf(views).map((view) => {
    const x = inView(b, input, view, model.input);
    let features = x;
    const logits = buildWith(b, model, x, weights, {
      onLayer(layer, _, output) {
        if (layer.name === before) features = output;
      },
    });
    const isMap = features.shape.length === 4 && before !== undefined;
    return {
      features: flat(
        b,
        isMap && !(places && size(features) <= MOST) ? pooled(b, features) : features,
      ),
      probabilities: buildProbabilities(b, model.head, logits),
    };
  });
  b.output(
    'features',
    meanOf(
      b,
      each.map(({ features }) => features),
    ),
  );
  b.output(
    'probabilities',
    meanOf(
      b,
      each.map(({ probabilities }) => probabilities),
    ),
  );
  return b.finish();
}

const size = ({ shape }: Value): number => elements(concrete(shape.slice(1)));

const flat = (b: GraphBuilder, value: Value): Value => b.reshape(value, [0, size(value)]);

const pooled = (b: GraphBuilder, maps: Value): Value => b.op('GlobalAveragePool', [maps]);
