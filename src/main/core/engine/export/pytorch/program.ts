/** A model as a PyTorch program that one can read and change. */
import { isBlock } from '#shared/layer-tree.ts';
import { viewsOf, type ViewsSpec } from '#shared/views.ts';
import { allLayers, type ResolvedLayer, type ResolvedModel } from '../../layers/resolve.ts';
import type { Head } from '../../losses.ts';
import { torchActivation, torchLayer } from './modules.ts';
import { attributeNames, pythonString } from './python.ts';
import { channelNorm, separableConv2d, squeezeExcite, viewFunctions } from './snippets.ts';

export interface ProgramOptions {
  model: ResolvedModel;
  views: ViewsSpec | null;
  /** Of the file with the weights, beside the program. */
  weightsFile: string;
  producer: string;
}

type Names = ReadonlyMap<string, string>;

/** The text of model.py. */
export function torchProgram({ model, views, weightsFile, producer }: ProgramOptions): string {
  const layers = allLayers(model.layers);
  const names = attributeNames(layers);
  const { height, width, channels } = model.input;
  const made = layers.flatMap((layer) => {
    const module = isBlock(layer.spec) ? null : torchLayer(layer).module;
    return module === null ? [] : [`        self.${names.get(layer.name)} = ${module}`];
  });
  const helpers = [
    [separableConv2d, 'separableconv2d'],
    [channelNorm, 'layernorm'],
    [squeezeExcite, 'squeezeexcite'],
  ]
    .filter(([, type]) => layers.some(({ spec }) => spec.type === type))
    .map(([text]) => text);
  return `${pythonString(`${model.name}: an image classifier, written by ${producer}. Needs torch, safetensors, pillow and numpy.`)}
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from safetensors.torch import load_file
from torch import nn

HERE = Path(__file__).resolve().parent
LABELS = json.loads((HERE / "labels.json").read_text(encoding="utf-8"))
HEIGHT, WIDTH, CHANNELS = ${height}, ${width}, ${channels}

${helpers.map((text) => `\n${text}\n`).join('')}
class Model(nn.Module):
    """Images, float32 [batch, ${channels}, ${height}, ${width}] in 0 to 1, to logits."""

    def __init__(self):
        super().__init__()
${made.length > 0 ? made.join('\n') : '        pass'}

    def forward(self, x):
${forwardLines(model, names)
  .map((line) => `        ${line}`)
  .join('\n')}


def load():
    """The trained model, ready to answer."""
    model = Model()
    model.load_state_dict(load_file(HERE / ${pythonString(weightsFile)}))
    return model.eval()


def prepare(picture):
    """A Pillow image, scaled as the model learned it: float32 [1, ${channels}, ${height}, ${width}] in 0 to 1."""
    picture = ImageOps.exif_transpose(picture).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    picture = Image.alpha_composite(white, picture).convert("${channels === 1 ? 'L' : 'RGB'}")
    pixels = np.array(picture.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR))
    pixels = torch.from_numpy(pixels.reshape(1, HEIGHT, WIDTH, CHANNELS))
    return pixels.permute(0, 3, 1, 2).float() / 255

${probabilityLines(model, views)}`;
}

/** The model's layers one after the other, each a line. */
function forwardLines(model: ResolvedModel, names: Names): string[] {
  const counter = { value: 0 };
  const last = model.layers.at(-1);
  const ends = last?.activation === (model.head === 'softmax' ? 'softmax' : 'sigmoid');
  const lines = model.layers.flatMap((layer) =>
    layerLines(layer, 'x', names, counter, ends && layer === last),
  );
  return [...lines, ...membersLines(model), 'return x'];
}

/** Leaves what the layer gives in the variable that it takes. */
function layerLines(
  layer: ResolvedLayer,
  x: string,
  names: Names,
  counter: { value: number },
  toLogits = false,
): string[] {
  const activated = (value: string) =>
    toLogits ? value : torchActivation(layer.activation, value);
  if (!isBlock(layer.spec)) {
    const value = activated(torchLayer(layer).call(`self.${names.get(layer.name)}`, x));
    return value === x ? [] : [`${x} = ${value}`];
  }
  const level = ++counter.value;
  const parts = layer.parts.map((part, index) => {
    if (part.length === 0) return { name: x, lines: [] };
    const name = `x${level}_${index + 1}`;
    return {
      name,
      lines: [`${name} = ${x}`, ...part.flatMap((each) => layerLines(each, name, names, counter))],
    };
  });
  const all = parts.map(({ name }) => name);
  const joined =
    layer.className === 'Concatenate' ? `torch.cat([${all.join(', ')}], dim=1)` : all.join(' + ');
  return [...parts.flatMap(({ lines }) => lines), `${x} = ${activated(joined)}`];
}

/** Several members answer together: the mean of their probabilities, as logits. */
function membersLines({ members, classes }: ResolvedModel): string[] {
  if (members === 1) return [];
  return [
    `x = F.softmax(x.view(-1, ${members}, ${classes}), dim=-1).mean(1)`,
    'x = torch.log(x + 1e-30)',
  ];
}

const answers: Record<Head, string> = {
  softmax: 'F.softmax(logits, dim=-1)',
  sigmoid: 'torch.sigmoid(torch.cat([-logits, logits], dim=1))',
  // Sigmoids divided by their sum, from their logarithms.
  sigmoids: 'F.softmax(F.logsigmoid(logits), dim=-1)',
};

function probabilityLines({ head }: ResolvedModel, views: ViewsSpec | null): string {
  const all = viewsOf(views);
  if (all.length === 1) {
    return `
@torch.inference_mode()
def probabilities(model, images):
    """Of each class, float32 [batch, classes]; each row sums to 1."""
    logits = model(images)
    return ${answers[head]}
`;
  }
  const list = all.map(
    ({ flip, right, down }) => `(${flip ? 'True' : 'False'}, ${right}, ${down})`,
  );
  return `
${viewFunctions}

# Mirrored, pixels to the right, pixels down: the model looks several times, and its answers are averaged.
VIEWS = [${list.join(', ')}]


@torch.inference_mode()
def probabilities(model, images):
    """Of each class, float32 [batch, classes]; each row sums to 1."""
    answers = []
    for flip, right, down in VIEWS:
        logits = model(seen(images, flip, right, down))
        answers.append(${answers[head]})
    return torch.stack(answers).mean(0)
`;
}
