/** The example programs that go with an exported model: whole, short, and run by a test. */

import type { ExportSource } from './format.ts';

export interface ExampleModel {
  /** Name of the model's file beside the example. */
  file: string;
  /** 1: grey, 3: RGB. */
  channels: number;
}

export function exampleModel({ run }: ExportSource, file: string): ExampleModel {
  return { file, channels: run.spec.input.channels };
}

/** Prepares a picture as the app does: upright, transparency on white, 8 bits a channel. */
export function javascriptExample({ file, channels }: ExampleModel): string {
  const grey = channels === 1;
  const pixels = grey
    ? `  const grey = (_, i) => 0.299 * data[3 * i] + 0.587 * data[3 * i + 1] + 0.114 * data[3 * i + 2] + 0.5;
  const pixels = Uint8Array.from({ length: info.width * info.height }, grey);
`
    : '';
  return `// npm install onnxruntime-node sharp
// node example.mjs photo.jpg
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';

const labels = JSON.parse(readFileSync(new URL('labels.json', import.meta.url), 'utf8'));
const model = await InferenceSession.create(readFileSync(new URL('${file}', import.meta.url)));
for (const file of process.argv.slice(2)) {
  const picture = sharp(file).autoOrient().flatten({ background: '#fff' }).toColourspace('srgb');
  const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
${pixels}  const image = new Tensor('uint8', ${grey ? 'pixels' : 'data'}, [1, info.height, info.width, ${channels}]);
  const { data: probabilities } = (await model.run({ image })).probabilities;
  const best = probabilities.indexOf(Math.max(...probabilities));
  console.log(\`\${file}: \${labels[best]} (\${(probabilities[best] * 100).toFixed(1)} %)\`);
}
`;
}

export function pythonExample({ file, channels }: ExampleModel): string {
  const mode = channels === 1 ? 'L' : 'RGB';
  return `# pip install onnxruntime pillow numpy
# python example.py photo.jpg
import json, sys
from pathlib import Path
import numpy as np, onnxruntime
from PIL import Image, ImageOps

here = Path(__file__).resolve().parent
labels = json.loads((here / "labels.json").read_text(encoding="utf-8"))
model = onnxruntime.InferenceSession(here / "${file}", providers=["CPUExecutionProvider"])
for file in sys.argv[1:]:
    picture = ImageOps.exif_transpose(Image.open(file)).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    pixels = np.asarray(Image.alpha_composite(white, picture).convert("${mode}"))
    image = pixels.reshape(1, picture.height, picture.width, ${channels})
    probabilities = model.run(["probabilities"], {"image": image})[0][0]
    best = probabilities.argmax()
    print(f"{file}: {labels[best]} ({probabilities[best]:.1%})")
`;
}

/** Beside model.py and its weights. */
export const pyTorchExample = `# pip install torch safetensors pillow numpy
# python example.py photo.jpg
import sys
from PIL import Image
from model import LABELS, load, prepare, probabilities

model = load()
for file in sys.argv[1:]:
    answers = probabilities(model, prepare(Image.open(file)))[0]
    best = int(answers.argmax())
    print(f"{file}: {LABELS[best]} ({answers[best]:.1%})")
`;

/** The picture as the model wants it, in the examples of formats that scale none. */
export function tfliteExample({ file, channels }: ExampleModel): string {
  const mode = channels === 1 ? 'L' : 'RGB';
  return `# pip install ai-edge-litert pillow numpy
# python example.py photo.jpg
import json, sys
from pathlib import Path
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image, ImageOps

here = Path(__file__).resolve().parent
labels = json.loads((here / "labels.json").read_text(encoding="utf-8"))
model = Interpreter(str(here / "${file}"))
model.allocate_tensors()
image, probabilities = model.get_input_details()[0], model.get_output_details()[0]
_, height, width, channels = image["shape"]
for file in sys.argv[1:]:
    picture = ImageOps.exif_transpose(Image.open(file)).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    picture = Image.alpha_composite(white, picture).convert("${mode}")
    pixels = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
    model.set_tensor(image["index"], pixels.reshape(1, height, width, channels))
    model.invoke()
    answers = model.get_tensor(probabilities["index"])[0]
    print(f"{file}: {labels[answers.argmax()]} ({answers.max():.1%})")
`;
}
