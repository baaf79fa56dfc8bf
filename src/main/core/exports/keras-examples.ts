/** The example programs beside Keras and TensorFlow.js models; see examples.ts. */
import type { ModelSpec } from '#shared/model-spec.ts';

type Input = ModelSpec['input'];

/** Pillow's bilinear filter is the one that the app scales with. */
export function kerasExample(file: string, { height, width, channels }: Input): string {
  return `# pip install keras tensorflow pillow numpy
# python example.py photo.jpg
import json, sys
from pathlib import Path
import keras, numpy as np
from PIL import Image, ImageOps

here = Path(__file__).resolve().parent
labels = json.loads((here / "labels.json").read_text(encoding="utf-8"))
model = keras.models.load_model(here / "${file}", compile=False)
for file in sys.argv[1:]:
    picture = ImageOps.exif_transpose(Image.open(file)).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    picture = Image.alpha_composite(white, picture).convert("${channels === 1 ? 'L' : 'RGB'}")
    pixels = picture.resize((${width}, ${height}), Image.Resampling.BILINEAR)
    image = np.asarray(pixels, "float32").reshape(1, ${height}, ${width}, ${channels})
    probabilities = model.predict(image, verbose=0)[0]
    best = probabilities.argmax()
    print(f"{file}: {labels[best]} ({probabilities[best]:.1%})")
`;
}

export function tfjsExample({ channels }: Input): string {
  const grey =
    '[pixels.map((_, at) => Math.floor(0.299 * color(at, 0) + 0.587 * color(at, 1) + 0.114 * color(at, 2) + 0.5))]';
  const planes =
    channels === 1 ? grey : '[0, 1, 2].map((c) => pixels.map((_, at) => color(at, c)))';
  return `<!doctype html>
<!-- npm install @tensorflow/tfjs; then serve this folder, for example with python3 -m http.server -->
<meta charset="utf-8" />
<script src="node_modules/@tensorflow/tfjs/dist/tf.min.js"></script>
<input type="file" accept="image/*" />
<p></p>
<script type="module">
  const labels = await (await fetch('labels.json')).json();
  const model = await tf.loadLayersModel('model.json');
  const [, height, width, channels] = model.inputs[0].shape;

  // Each row to \`size\` numbers, by a triangle filter at least as wide as a new pixel; transposed.
  function scale(plane, length, size) {
    const rows = plane.length / length;
    const reach = Math.max(length / size, 1);
    const scaled = new Float32Array(size * rows);
    for (let to = 0; to < size; to++) {
      const center = ((to + 0.5) * length) / size;
      const first = Math.max(0, Math.floor(center - reach + 0.5));
      const end = Math.min(length, Math.floor(center + reach + 0.5));
      for (let row = 0; row < rows; row++) {
        let [sum, total] = [0, 0];
        for (let at = first; at < end; at++) {
          const weight = Math.max(0, 1 - Math.abs(at + 0.5 - center) / reach);
          sum += weight * plane[row * length + at];
          total += weight;
        }
        scaled[to * rows + row] = Math.round(sum / total);
      }
    }
    return scaled;
  }

  document.querySelector('input').onchange = async ({ target }) => {
    const [file] = target.files;
    const picture = await createImageBitmap(file);
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext('2d');
    context.fillStyle = 'white';
    context.fillRect(0, 0, picture.width, picture.height);
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, picture.width, picture.height);
    const color = (at, channel) => data[4 * at + channel];
    const pixels = new Float32Array(picture.width * picture.height);
    const planes = ${planes};
    const scaled = planes.map((plane) => scale(scale(plane, picture.width, width), picture.height, height));
    const image = Float32Array.from({ length: height * width * channels }, (_, at) =>
      scaled[at % channels][Math.floor(at / channels)]);
    const probabilities = await model.predict(tf.tensor4d(image, [1, height, width, channels])).data();
    const best = probabilities.indexOf(Math.max(...probabilities));
    document.querySelector('p').textContent =
      \`\${file.name}: \${labels[best]} (\${(probabilities[best] * 100).toFixed(1)} %)\`;
  };
</script>
`;
}
