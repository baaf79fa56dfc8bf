/** Core ML, for apps on Apple's devices. */
import { packageFiles } from '../engine/export/coreml/index.ts';
import { labelsFile, type ExportSource, type Format } from './format.ts';

const packageName = (source: ExportSource): string => `${source.name}.mlpackage`;

/** Vision turns the picture upright and scales it to the model's size. */
const swiftExample = (
  source: ExportSource,
): string => `// xcrun coremlcompiler compile ${packageName(source)} .
// swift example.swift photo.jpg
import CoreML
import Vision

let model = try MLModel(contentsOf: URL(fileURLWithPath: "${source.name}.mlmodelc"))
for path in CommandLine.arguments.dropFirst() {
    let request = VNCoreMLRequest(model: try VNCoreMLModel(for: model))
    request.imageCropAndScaleOption = .scaleFill
    try VNImageRequestHandler(url: URL(fileURLWithPath: path)).perform([request])
    if let best = (request.results as? [VNClassificationObservation])?.first {
        print("\\(path): \\(best.identifier) (\\(best.confidence * 100) %)")
    }
}
`;

export const coreml: Format = {
  id: 'coreml',
  name: 'Core ML',
  purpose:
    'For apps on iPhone, iPad and Mac: drop the package into Xcode. A picture goes in, class names come out.',
  modelFiles: (source) => Object.values(packageFiles(source.name)),
  beside: (source) => [
    labelsFile(source),
    { name: 'example.swift', text: swiftExample(source), language: 'Swift' },
  ],
  check: { kind: 'contents', tolerance: 0 },
  usage: (source) => {
    const { height, width, channels } = source.run.spec.input;
    return `## Use it

Drag \`${packageName(source)}\` into a project of Xcode, which makes a class for it, or compile it and run the example:

\`\`\`
xcrun coremlcompiler compile ${packageName(source)} .
swift example.swift photo.jpg
\`\`\`

| | name | type |
| --- | --- | --- |
| input | \`image\` | picture, ${width} × ${height}, ${channels === 1 ? 'grey' : 'RGB'} |
| output | \`classLabel\` | the most probable class |
| output | \`classLabel_probs\` | each class with its probability |

It is an ML program in float32 for iOS 15, macOS 12 and newer. Colours are divided by 255 inside, and class
names are part of it. Core ML wants pictures of the model's size: Vision scales them, by a filter of its own,
so answers may differ a little from Fovea's. This package was written without an Apple device to run it on.
Core ML may compute in float16; \`MLModelConfiguration.computeUnits = .cpuOnly\` is the most exact.
`;
  },
};
