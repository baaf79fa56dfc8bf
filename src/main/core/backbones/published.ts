/**
 * Networks that are published as ONNX files, by the SHA-256 of each: as the pointer files of the ONNX
 * Model Zoo say it (github.com/onnx/models, commit b1eeaa1), whose networks are under Apache-2.0.
 */
export interface Published {
  name: string;
  source: string;
  trainedOn: string;
}

export const imageNet = 'ImageNet (ILSVRC-2012), photos of 1,000 classes';

/** SHA-256, name, path below validated/vision/classification. */
const zoo: readonly (readonly [string, string, string])[] = [
  [
    '4e8f8653e7a2222b3904cc3fe8e304cd8b339ce1d05fd24688162f86fb6df52c',
    'ResNet-18 v1',
    'resnet/model/resnet18-v1-7.onnx',
  ],
  [
    '883a41b2e30ddc2e422c108b091b5e70b92d37dc5c345a2c563dcae27971e2cc',
    'ResNet-34 v1',
    'resnet/model/resnet34-v1-7.onnx',
  ],
  [
    'af16a04a6ec48ac494065d4439fe9dea590d337b9ca6dc328160ccf04a217b9c',
    'ResNet-50 v1',
    'resnet/model/resnet50-v1-7.onnx',
  ],
  [
    '760702f6ec0138f71ebac66f4e95d1c72dc9267a8544f4d4667a53075fd0497c',
    'ResNet-101 v1',
    'resnet/model/resnet101-v1-7.onnx',
  ],
  [
    'b0ec92437bf8c9d0739bf9bafdea9638e13f9e3c1e2fb766ad546cc182fd3f6d',
    'ResNet-152 v1',
    'resnet/model/resnet152-v1-7.onnx',
  ],
  [
    '3f03fdef724b22947eed826f1eef1dc5c34151bb4c37d634f1db89dfa2dd1526',
    'ResNet-50 v1, opset 12',
    'resnet/model/resnet50-v1-12.onnx',
  ],
  [
    '3b4d048057854022232aa20bf68262e31718ab7119a17f920b8a2dc1433f824b',
    'ResNet-18 v2',
    'resnet/model/resnet18-v2-7.onnx',
  ],
  [
    '3d3815e25f4b1ea967e2a526a3b27ef2a03af1725bdc199a63a271c26862d914',
    'ResNet-34 v2',
    'resnet/model/resnet34-v2-7.onnx',
  ],
  [
    '79102261eb6e5fd7af5d27f41316293e388c5cb691e5d25bfb035c4f64fefe31',
    'ResNet-50 v2',
    'resnet/model/resnet50-v2-7.onnx',
  ],
  [
    '3a0a819ea0953fb4700b0d98e43540aeee253e5b4c503c552b0c7979fc67767d',
    'ResNet-101 v2',
    'resnet/model/resnet101-v2-7.onnx',
  ],
  [
    '40fb3f6dd313ba786a2c8077a0ef7d7b4afeda5d037365400d3a7fbc2b1bee64',
    'ResNet-152 v2',
    'resnet/model/resnet152-v2-7.onnx',
  ],
  [
    'c1c513582d56afceff8516c73804e484c81c6a830712ab6d682253f4a3cd042f',
    'MobileNet V2, opset 7',
    'mobilenet/model/mobilenetv2-7.onnx',
  ],
  [
    '0e7c0aa4bc74650386fa1d2c84705753de7c2bdb21909ada5c59154bb429e092',
    'MobileNet V2, opset 10',
    'mobilenet/model/mobilenetv2-10.onnx',
  ],
  [
    'c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5',
    'MobileNet V2, opset 12',
    'mobilenet/model/mobilenetv2-12.onnx',
  ],
  [
    'f20805a3ecccaa88647bbab4ad011ff2412a9838485ea844de0fcbce349820b9',
    'VGG-16',
    'vgg/model/vgg16-7.onnx',
  ],
  [
    '722c42f53ca03a5480296bf8f9c85a151de3eed9ec982d7d2302ff6e2900c67b',
    'VGG-16, opset 12',
    'vgg/model/vgg16-12.onnx',
  ],
  [
    '4fdceabf1ef715c9ed3020fa2eac1cb2a448296c086b03633c80cf47e1c5afce',
    'VGG-16 with batch normalisation',
    'vgg/model/vgg16-bn-7.onnx',
  ],
  [
    '692f9f927f1df1b89033787a77a73eac59fd9b3344f9ecdf0b13221e41c2046f',
    'VGG-19',
    'vgg/model/vgg19-7.onnx',
  ],
  [
    'ce0987dfa6228ad29708013f38b7f73cbc14ca6066a05fc22ee49b35871c63ed',
    'VGG-19 with batch normalisation',
    'vgg/model/vgg19-bn-7.onnx',
  ],
  [
    'd95e2191e056f1912a9b8f6000da3b9c7818441b9eb48137033c2adbf6398bc8',
    'SqueezeNet 1.0',
    'squeezenet/model/squeezenet1.0-7.onnx',
  ],
  [
    '1eeff551a67ae8d565ca33b572fc4b66e3ef357b0eb2863bb9ff47a918cc4088',
    'SqueezeNet 1.1',
    'squeezenet/model/squeezenet1.1-7.onnx',
  ],
  [
    '8b85e969a0a5518b554c99548379d1ba54d973733a6a12012138d91852308584',
    'ShuffleNet V2',
    'shufflenet/model/shufflenet-v2-10.onnx',
  ],
  [
    'd111689907c06eea7c82e4833ddef758da6453b9d4cf60b7e99ca05c7cbd9c12',
    'EfficientNet-Lite4',
    'efficientnet-lite4/model/efficientnet-lite4-11.onnx',
  ],
  [
    '0294e7e88e5b3360de9b0fdc321baf9e6ef18b7f058c4536caae3b9f18ed9ed5',
    'DenseNet-121',
    'densenet-121/model/densenet-12.onnx',
  ],
];

const published = new Map<string, Published>([
  [
    '05b83b8053e480c75431834c7da66591fcab4c41bdb48298c3362ff3153f5f78',
    { name: 'EfficientNet-Lite0', source: 'it comes with the app', trainedOn: imageNet },
  ],
  ...zoo.map(([sha256, name, path]): [string, Published] => [
    sha256,
    { name, source: `the ONNX Model Zoo, ${path.split('/').at(-1)!}`, trainedOn: imageNet },
  ]),
]);

/** Null for a file that is not known. */
export function publishedAs(sha256: string): Published | null {
  return published.get(sha256) ?? null;
}
