/** The convolution workbench: what is slid over what, and what the engine made of it. */
import type {
  FoveaClient,
  GreyScale,
  NumberGrid,
  SlideAnswer,
  SlideOperation,
  SlidePadding,
} from '#shared/contract/index.ts';
import { parseNumbers } from '#shared/number-text.ts';
import {
  convolutionExamples,
  poolingExamples,
  type Example,
} from '../features/convolve/examples.ts';
import {
  makeKernel,
  resized,
  suits,
  type KernelId,
  type KernelSize,
} from '../features/convolve/kernels.ts';
import { indexOf, patchOf, placeOf, slideOf, type Slide } from '../features/convolve/places.ts';
import type { AppState } from './app.svelte.ts';
import { bytesOf } from './inspect/subject.ts';
import { Player } from './player.svelte.ts';
import type { OpenProject } from './project.svelte.ts';

export type Subject = 'numbers' | 'picture';
export type Doing = 'convolve' | 'max' | 'average';

export interface GreyPicture {
  name: string;
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** What the engine answered for numbers, with the question it belongs to. */
export interface NumbersAnswer extends SlideAnswer {
  input: NumberGrid;
  slide: Slide;
}

export interface PictureAnswer {
  input: GreyPicture;
  slide: Slide;
  width: number;
  height: number;
  pixels: Uint8Array;
  least: number;
  most: number;
  moved: { input: Uint8Array; output: Uint8Array } | null;
}

/** A whole picture is played through in about this time. */
const playSeconds = 8;
const ticksPerSecond = 20;
const stepDelays = { slow: 1400, medium: 700, fast: 250 };
export type Speed = keyof typeof stepDelays;

export class ConvolveState {
  subject = $state<Subject>('numbers');
  doing = $state<Doing>('convolve');
  example = $state('row');
  inputText = $state('');
  kernelText = $state('');
  /** Of a picture. */
  kernel = $state.raw<NumberGrid>(makeKernel('edges', 3));
  kernelId = $state<KernelId | null>('edges');
  angle = $state(45);
  padding = $state<SlidePadding>('full');
  stride = $state(1);
  flip = $state(true);
  /** Edge of the pooling window. */
  window = $state(2);
  /** Places that the input is moved to the right and down by. */
  right = $state(0);
  down = $state(0);
  show = $state<GreyScale>('absolute');
  speed = $state<Speed>('medium');
  picture = $state.raw<GreyPicture | null>(null);
  /** Of the library; null for a dropped file. */
  image = $state<number | null>(null);

  numbers = $state.raw<NumbersAnswer | null>(null);
  filtered = $state.raw<PictureAnswer | null>(null);
  /** The dot product at the player's position of a picture. */
  patch = $state.raw<{ position: number; answer: SlideAnswer } | null>(null);
  failure = $state.raw<unknown>(null);
  readonly player: Player;

  readonly #api: FoveaClient;
  readonly #projectId: string;
  #asking = false;
  /** How often an answer was asked for: what was asked meanwhile is asked once more. */
  #wanted = 0;

  constructor(api: FoveaClient, project: OpenProject) {
    this.#api = api;
    this.#projectId = project.id;
    this.player = new Player({
      delay: () => (this.subject === 'numbers' ? stepDelays[this.speed] : 1000 / ticksPerSecond),
      stride: () =>
        this.subject === 'numbers'
          ? 1
          : Math.max(1, Math.round(this.player.count / (playSeconds * ticksPerSecond))),
    });
    this.take(convolutionExamples[0]!);
    project.signal.addEventListener('abort', () => this.player.pause());
  }

  get pooling(): boolean {
    return this.doing !== 'convolve';
  }

  get examples(): readonly Example[] {
    return this.pooling ? poolingExamples : convolutionExamples;
  }

  /** What is typed, or null where it is no grid of numbers. */
  readonly input = $derived(parseNumbers(this.inputText));
  readonly typedKernel = $derived(parseNumbers(this.kernelText));

  take({ id, input, kernel, padding }: Example): void {
    this.example = id;
    this.inputText = input;
    if (kernel !== undefined) this.kernelText = kernel;
    this.padding = padding;
    this.stride = this.pooling ? (padding === 'same' ? 1 : this.window) : 1;
    if (id === 'detector') this.window = 3;
    this.ask();
  }

  turnTo(doing: Doing): void {
    const before = this.pooling;
    this.doing = doing;
    if (this.pooling === before) {
      this.ask();
      return;
    }
    this.down = 0;
    this.right = 0;
    if (this.pooling) this.window = 2;
    const first = this.examples[0]!;
    if (this.subject === 'numbers') this.take(first);
    else {
      this.padding = this.pooling ? 'valid' : 'same';
      this.stride = this.pooling ? this.window : 1;
      this.show = this.pooling ? 'clip' : suits[this.kernelId ?? 'identity'];
      this.example = first.id;
      this.ask();
    }
  }

  async turnToSubject(subject: Subject): Promise<void> {
    this.subject = subject;
    if (subject === 'numbers') {
      this.take(this.examples.find(({ id }) => id === this.example) ?? this.examples[0]!);
      return;
    }
    this.padding = this.pooling ? 'valid' : 'same';
    this.show = this.pooling ? 'clip' : suits[this.kernelId ?? 'identity'];
    this.ask();
    if (!this.picture && this.image !== null) await this.showImage(this.image);
  }

  useKernel(id: KernelId, size = this.kernel.shape[0]! as KernelSize): void {
    this.kernelId = id;
    this.kernel = makeKernel(id, size, this.angle);
    this.show = suits[id];
    this.ask();
  }

  /** A kernel of a trained layer, as the layer uses it: not turned around, on a picture. */
  async takeKernel(kernel: NumberGrid, image: number | null): Promise<void> {
    this.doing = 'convolve';
    this.flip = false;
    this.stride = 1;
    this.kernelId = null;
    this.kernel = kernel;
    if (image !== null) this.image = image;
    await this.turnToSubject('picture');
    this.show = 'stretch';
    if (image === null) this.ask();
    else await this.showImage(image);
  }

  resizeKernel(size: KernelSize): void {
    if (this.kernelId) {
      this.useKernel(this.kernelId, size);
      return;
    }
    this.kernel = resized(this.kernel, size);
    this.ask();
  }

  setWeight(index: number, value: number): void {
    const values = this.kernel.values.map((old, at) => (at === index ? value : old));
    this.kernel = { ...this.kernel, values };
    this.kernelId = null;
    this.ask();
  }

  async showImage(image: number): Promise<void> {
    this.image = image;
    await this.#open({ project: this.#projectId, image });
  }

  /** A dropped or chosen file: its path where the page may know it. */
  async showFile(file: string | File): Promise<void> {
    this.image = null;
    await this.#open({ file });
    if (this.subject !== 'picture') await this.turnToSubject('picture');
  }

  /** Asks the engine for what is set now; asked again meanwhile, once more after. */
  ask(): void {
    this.#wanted++;
    if (!this.#asking) void this.#askUntilDone();
  }

  /** Follows the player over a picture. */
  async readPatch(position: number): Promise<void> {
    const { filtered } = this;
    if (!filtered || this.subject !== 'picture') return;
    try {
      const answer = await this.#api.workbench.slide({
        input: patchOf(position, filtered.slide, filtered.input),
        operation: this.#operation(2),
        strides: [1, 1],
        padding: 'valid',
      });
      if (this.filtered === filtered && this.player.position === position) {
        this.patch = { position, answer };
      }
    } catch (error) {
      this.failure = error;
    }
  }

  async #open(wanted: Parameters<FoveaClient['workbench']['picture']>[0]): Promise<void> {
    try {
      const { pixels, ...picture } = await this.#api.workbench.picture(wanted);
      this.picture = { ...picture, pixels: await bytesOf(pixels) };
      this.ask();
    } catch (error) {
      this.failure = error;
    }
  }

  #operation(axes: number): SlideOperation {
    if (this.doing !== 'convolve') {
      const window = new Array<number>(axes).fill(this.window);
      return { type: 'pool', kind: this.doing, window };
    }
    const kernel = this.subject === 'numbers' ? this.typedKernel : this.kernel;
    return { type: 'convolve', kernel: kernel!, flip: this.flip };
  }

  /** The last axis is to the right, the one before it down. */
  #move(axes: number): number[] | null {
    if (!this.pooling || (this.right === 0 && (this.down === 0 || axes < 2))) return null;
    return Array.from({ length: axes }, (_, axis) =>
      axis === axes - 1 ? this.right : axis === axes - 2 ? this.down : 0,
    );
  }

  #question(axes: number) {
    const strides = new Array<number>(axes).fill(this.stride);
    const { padding } = this;
    return { operation: this.#operation(axes), strides, padding, move: this.#move(axes) };
  }

  async #askUntilDone(): Promise<void> {
    this.#asking = true;
    try {
      for (let asked = 0; asked !== this.#wanted;) {
        asked = this.#wanted;
        await (this.subject === 'numbers' ? this.#askNumbers() : this.#askPicture());
        this.failure = null;
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.#asking = false;
    }
  }

  async #askNumbers(): Promise<void> {
    const { input, typedKernel } = this;
    if (!input || (!this.pooling && !typedKernel)) return;
    const question = this.#question(input.shape.length);
    const answer = await this.#api.workbench.slide({ ...question, input });
    const slide = slideOf(question, answer.output.shape, answer.before);
    this.numbers = { ...answer, input, slide };
    this.#settle(slide);
  }

  async #askPicture(): Promise<void> {
    const { picture, show } = this;
    if (!picture) return;
    const question = this.#question(2);
    const { width, height } = picture;
    const pixels = new File([picture.pixels as Uint8Array<ArrayBuffer>], 'pixels');
    const answer = await this.#api.workbench.filter({ ...question, width, height, pixels, show });
    const { moved } = answer;
    this.filtered = {
      ...answer,
      input: picture,
      slide: slideOf(question, [answer.height, answer.width], answer.before),
      pixels: await bytesOf(answer.pixels),
      moved: moved && { input: await bytesOf(moved.input), output: await bytesOf(moved.output) },
    };
    this.#settle(this.filtered.slide);
    this.patch = null;
    void this.readPatch(this.player.position);
  }

  /** The player goes over what is shown: numbers as they were made, a picture from its middle. */
  #settle({ shape }: Slide): void {
    const count = shape.reduce((product, edge) => product * edge, 1);
    const middle = placeOf(count - 1, shape).map((last) => Math.floor(last / 2));
    this.player.reset(
      count,
      this.subject === 'numbers' ? count - 1 : (indexOf(middle, shape) ?? 0),
    );
  }
}

const states = new WeakMap<OpenProject, ConvolveState>();

/** The one for a project, made on first use. */
export function convolveState(app: AppState, project: OpenProject): ConvolveState {
  let state = states.get(project);
  if (!state) {
    state = new ConvolveState(app.api, project);
    states.set(project, state);
  }
  return state;
}
