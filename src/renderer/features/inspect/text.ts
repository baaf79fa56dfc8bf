/** Every text of the inspect screen. */
import type { ColorMapName } from '#shared/color-maps.ts';
import type { ChannelStats, InspectLayer, Split } from '#shared/contract/index.ts';
import type { KernelScale } from '#shared/inspect/kernels.ts';
import type { Comparison } from '../../state/inspect/compare.svelte.ts';
import type { PointColor } from '../../state/inspect/embedding.svelte.ts';
import type { FilterOrder } from '../../state/inspect/filters.svelte.ts';
import type { InspectView } from '../../state/inspect/inspect.svelte.ts';
import type { WhyMethod } from '../../state/inspect/why.svelte.ts';
import type { MapOrder } from '../../state/inspect/maps.svelte.ts';
import { count, integer, percent, real, shape, wholePercent } from '../../ui/format.ts';

export const text = {
  title: 'Inspect',
  views: {
    filters: 'Filters',
    maps: 'Feature maps',
    why: 'Where it looks',
    images: 'Image map',
  } satisfies Record<InspectView, string>,
  view: 'Show',

  network: 'Layers of the network',
  everyLayer: 'All layers',
  everyLayerHint: 'Activations, normalisations and joints too',
  input: 'Picture',
  findLayer: 'Find a layer',
  findPlaceholder: 'Part of its name',
  noLayer: 'No layer is called that.',
  /** Inside a pretrained network without what all of its names have. */
  layerName: ({ name, inside }: InspectLayer) =>
    inside === undefined
      ? name
      : name.slice(inside.length + 1).replace(/^\/|(\/[^/]*)?_output_\d+$/g, ''),
  layer: ({ name, type, height, width, channels }: InspectLayer) =>
    `${name}: ${type}, ${shape([height, width, channels])}`,
  layerDetail: ({ type, height, width, channels }: InspectLayer) =>
    `${type} · ${shape([height, width, channels])}`,
  shapeOf: ({ height, width, channels }: InspectLayer) => shape([height, width, channels]),
  off: (zeros: number) => `${wholePercent(zeros)} off`,
  offHint: 'Share of this layer’s numbers that are exactly zero for this picture.',

  pictures: 'Picture',
  dropNow: 'Let go to look at it',
  slot: (second: boolean) => (second ? 'Second picture' : 'First picture'),
  slotHint: 'The next picture that you choose comes here.',
  unread: 'Reading…',
  sure: (probability: number) => `${percent(probability)} sure`,
  saysHint: 'What the model says of this picture',
  noPicture: 'Choose a picture above, drop one here, or draw one.',

  compare: 'Side by side',
  comparisons: {
    none: 'One picture',
    picture: 'Two pictures',
    run: 'Two runs',
  } satisfies Record<Comparison, string>,
  otherRun: 'Other run',
  noOtherRun: 'There is no other run with a model yet.',

  filters: {
    grid: (layer: string) => `Filters of ${layer}`,
    name: (index: number, norm: number) => `Filter ${integer(index)}, norm ${real(norm)}`,
    title: (index: number) => `Filter ${integer(index)}`,
    kernel: 'Weights of',
    kernels: {
      kernel: 'Kernel',
      depthwise_kernel: 'Depthwise',
      pointwise_kernel: 'Pointwise',
    } as Record<string, string>,
    amount: 'How many',
    few: 'First 16',
    all: (filters: number) => `All ${integer(filters)}`,
    scale: 'Brightness',
    scaleHint:
      'Layer: darkest and brightest weight of the whole layer. Kernel: each by itself. Around 0: zero in the middle.',
    scales: { layer: 'Layer', kernel: 'Kernel', symmetric: 'Around 0' } satisfies Record<
      KernelScale,
      string
    >,
    order: 'Order',
    orders: {
      index: 'As in the model',
      norm: 'Strongest first',
      similar: 'Similar together',
    } satisfies Record<FilterOrder, string>,
    channel: 'Input channel',
    rgb: 'Colour',
    channelOf: (channel: number, channels: number) =>
      `${integer(channel)} of ${integer(channels - 1)}`,
    faint: 'faint',
    dead: 'dead',
    faintHint:
      'Its weights are less than a hundredth of the usual size: it does as good as nothing.',
    faintCount: (faint: number) => `${count(faint, 'filter')} as good as dead`,
    norm: 'Norm',
    normHint: 'Root of the sum of its squared weights: how strongly it answers.',
    bias: 'Bias',
    biasHint: 'Added to its answer everywhere.',
    group: 'Like it',
    groupHint: 'Filters of this layer that point the same way.',
    channels: (channels: number) => `Its ${count(channels, 'input channel')}`,
    channelName: (channel: number) => `Input channel ${integer(channel)}`,
    weights: 'Weights',
    weightsOf: (index: number, channel: number) =>
      `Weights of filter ${integer(index)} at input channel ${integer(channel)}`,
    choose: 'Choose a filter to see its weights in numbers.',
    summary: ({
      filters,
      channels,
      height,
      width,
    }: {
      filters: number;
      channels: number;
      height: number;
      width: number;
    }) => `${count(filters, 'filter')} of ${height}×${width}, ${count(channels, 'input channel')}`,
    file: (run: string, layer: string) => `${run}-${layer}-filters.png`,
    tryIt: 'Slide it over a picture',
  },

  maps: {
    grid: (layer: string, what: string) => `Feature maps of ${layer}${what ? `, ${what}` : ''}`,
    name: (channel: number, { mean, most, zeros }: ChannelStats) =>
      `Channel ${integer(channel)}, mean ${real(mean)}, most ${real(most)}, ${percent(zeros)} off`,
    title: (channel: number) => `Channel ${integer(channel)}`,
    dead: 'off',
    order: 'Order',
    orders: {
      index: 'As in the model',
      mean: 'Most active first',
      deviation: 'Most varied first',
    } satisfies Record<MapOrder, string>,
    sparse: (zeros: number) => `${percent(zeros)} of its numbers are zero`,
    scaledHint:
      'Each tile by itself: less its mean, divided by its deviation, × 64 + 128. A channel that is flat is grey.',
    over: 'Map over picture',
    full: (channel: number) => `Channel ${integer(channel)} over the picture`,
    at: (row: number, column: number, value: number) =>
      `Row ${integer(row)}, column ${integer(column)}: ${real(value)}`,
    point: 'Point at the map to read its numbers.',
    mean: 'Mean',
    deviation: 'Deviation',
    zeros: 'Off',
    zerosHint: 'Share of this map that is exactly zero.',
    choose: 'Choose a channel to see it over the picture.',
    file: (run: string, layer: string) => `${run}-${layer}-maps.png`,
    fullFile: (run: string, layer: string, channel: number) =>
      `${run}-${layer}-channel-${channel}.png`,
  },

  excite: {
    title: 'Images that excite it most',
    progress: (done: number, total: number) => `${integer(done)} of ${count(total, 'image')}`,
    active: (share: number, images: number) =>
      `It answers to ${percent(share)} of ${count(images, 'image')}. The frame is what it sees there.`,
    dead: 'No image excites it: it is dead.',
    look: (image: number, value: number) => `Look at image #${image}, ${real(value)}`,
  },
  wants: {
    title: 'What it wants to see',
    filter: (filter: number) => `What filter ${integer(filter)} wants to see`,
    class: (name: string) => `What ${name} looks like to the model`,
    make: 'Make a picture',
    hint: 'Made from noise, step by step, so that it excites this as much as it can.',
    score: (score: number, ofClass: boolean) =>
      `${ofClass ? 'Answer' : 'Strongest answer'} ${real(score)}`,
    file: (run: string, what: string) => `${run}-${what}-wants.png`,
  },
  film: {
    title: 'Film of the training',
    none: 'This run was trained without a film: how its filters came to be was not kept.',
    slider: 'Epoch of the film',
    play: 'Play',
    pause: 'Pause',
    epoch: (epoch: number) => (epoch === 0 ? 'Before training' : `Epoch ${integer(epoch)}`),
    off: 'The model as it is',
    hint: 'Drag to see how they came to be',
    back: 'Back to the model',
  },

  map: {
    file: (run: string) => `${run}-images.png`,
    by: 'Found alike by',
    byRun: 'what this run looks at before it decides',
    byNetwork: 'a pretrained network, without any training',
    features: 'Save features…',
    colors: 'Coloured by',
    colorings: { label: 'Label', predicted: 'What it says', split: 'Split' } satisfies Record<
      PointColor,
      string
    >,
    limit: 'How many',
    images: (images: number) => `Up to ${count(images, 'image')}`,
    hint: 'Images found alike lie near each other (UMAP). Draw around some to select them.',
    plane: (points: number) => `Map of ${count(points, 'image')}`,
    keys: 'Arrow keys move a circle, plus and minus change its size, Enter selects what is inside, Escape ends.',
    phases: {
      decode: 'Reading images',
      features: 'Asking the model',
      points: 'Laying them out',
    },
    none: 'None',
    splits: { train: 'Training', validation: 'Validation', test: 'Test' } satisfies Record<
      Split,
      string
    >,
    groups: 'Select by group',
    mistakes: 'Mistakes',
    says: (name: string, sure: string) => `says ${name}, ${sure}`,
    selected: (images: number) => `${count(images, 'image')} selected`,
    clear: 'Clear',
    label: 'Label as…',
    open: 'Open in Label',
    labeled: (images: number, name: string) => `${count(images, 'image')} labeled as ${name}`,
    undo: 'Undo',
    title: (images: number) => `${count(images, 'image')} of the map`,
    look: 'Where it looks',
    more: (images: number) => `and ${integer(images)} more`,
  },

  why: {
    method: 'How',
    methods: {
      cam: 'Grad-CAM',
      occlusion: 'Covering',
      saliency: 'Pixels',
      smoothgrad: 'Pixels, smooth',
    } satisfies Record<WhyMethod, string>,
    hints: {
      cam: 'Grad-CAM: bright places of the layer speak for the class.',
      occlusion:
        'A grey square covers the picture place by place. Red: without it, the class loses probability. Blue: it gains.',
      saliency: 'How much the class’s score changes with each pixel: the gradient, by size.',
      smoothgrad: 'The same, as the mean over 48 noisy copies of the picture (SmoothGrad).',
    } satisfies Record<WhyMethod, string>,
    layer: 'Layer',
    wanted: 'For',
    answer: (name: string) => `What it says: ${name}`,
    beside: 'And for',
    none: 'Nothing else',
    truth: (name: string | null) => (name === null ? 'Its label' : `Its label: ${name}`),
    map: (name: string) => `What speaks for ${name}`,
    title: (name: string) => `Why ${name}?`,
    progress: (done: number, total: number) => `${integer(done)} of ${integer(total)}`,
    cover: 'Map over picture',
    picture: 'The picture as the model sees it',
    flat: 'Nothing here speaks for this class.',
    relabel: 'Change label…',
    previous: 'Previous picture',
    next: 'Next picture',
    file: (run: string, picture: string, name: string) => `${run}-${picture}-${name}.png`,
    choose: 'Choose a picture above to see why the model says what it says.',
    back: 'All pictures',
    of: (at: number, all: number) => `${integer(at)} of ${integer(all)}`,
  },

  colors: 'Colours',
  colorMaps: {
    viridis: 'Viridis',
    magma: 'Magma',
    grey: 'Grey',
    diverging: 'Blue to red',
  } satisfies Record<ColorMapName, string>,
  save: 'Save picture',
  resize: 'Resize details',
  computing: 'Computing…',
  status: (run: string, layer: InspectLayer) => `${run} · ${layer.name}`,

  empty: {
    byLikeness: 'See your images by likeness',
    noRuns: 'Nothing to look into yet',
    noRunsBody:
      'Train a model first; then see here its filters, and what each layer makes of a picture.',
    noLabels: 'Label at least two classes first',
    noLabelsBody: 'A model needs labeled pictures of two classes or more to learn from.',
    train: 'Train a model',
    label: 'Label images',
    noLayers: 'This model has no layer that gives out images',
    noLayersBody:
      'A network of dense layers has neither filters nor feature maps. Train a convolutional one to look inside.',
  },
} as const;
