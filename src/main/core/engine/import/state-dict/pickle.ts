/**
 * Python's pickles are programs. This reads those that torch.save writes for state dicts and nothing
 * else: it knows lists, dicts, numbers, text and tensors, and calls nothing. A pickle that names any
 * other function or class is refused before anything is made of it.
 * https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */

/** Numbers of a file, before somebody looks at them as a tensor. */
export interface Storage {
  kind: 'storage';
  /** Of PyTorch, without 'Storage': 'Float'. */
  type: string;
  key: string;
}

export interface TensorView {
  kind: 'tensor';
  storage: Storage;
  offset: number;
  shape: readonly number[];
  strides: readonly number[];
}

interface Global {
  kind: 'global';
  name: string;
}

export type Pickled =
  | null
  | boolean
  | number
  | string
  | Pickled[]
  | Map<Pickled, Pickled>
  | Storage
  | TensorView
  | Global;

const STORAGE = /^torch ([A-Z][A-Za-z0-9]*)Storage$/;
const allowed = new Set([
  'collections OrderedDict',
  'torch._utils _rebuild_tensor_v2',
  'torch._utils _rebuild_parameter',
]);

const MOST_STEPS = 5_000_000;
const MARK = Symbol('mark');
type Item = Pickled | typeof MARK;

const isList = (value: Item | undefined): value is Pickled[] => Array.isArray(value);
const isGlobal = (value: Item | undefined): value is Global =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'global';
const isStorage = (value: Item | undefined): value is Storage =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'storage';
export const isTensor = (value: Item | undefined): value is TensorView =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'tensor';

/** @throws RangeError that says what is wrong */
export function readPickle(bytes: Uint8Array): Pickled {
  return new PickleReader(bytes).read();
}

class PickleReader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #stack: Item[] = [];
  readonly #memo = new Map<number, Item>();
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): Pickled {
    for (let step = 0; step < MOST_STEPS; step++) {
      const code = this.#byte();
      if (code === 0x2e) return this.#pop();
      this.#perform(code);
    }
    throw new RangeError('it is too long');
  }

  #perform(code: number): void {
    const simple = simpleValues.get(code);
    if (simple) {
      this.#stack.push(simple());
      return;
    }
    switch (String.fromCharCode(code)) {
      case '\x80': // PROTO
        this.#byte();
        return;
      case '\x95': // FRAME
        this.#skip(8);
        return;
      case '(':
        this.#stack.push(MARK);
        return;
      case '0':
        this.#stack.pop();
        return;
      case 'K':
        this.#stack.push(this.#byte());
        return;
      case 'M':
        this.#stack.push(this.#view.getUint16(this.#skip(2), true));
        return;
      case 'J':
        this.#stack.push(this.#view.getInt32(this.#skip(4), true));
        return;
      case '\x8a': // LONG1
        this.#stack.push(this.#long(this.#byte()));
        return;
      case 'G':
        this.#stack.push(this.#view.getFloat64(this.#skip(8)));
        return;
      case 'X':
        this.#stack.push(this.#text(this.#view.getUint32(this.#skip(4), true)));
        return;
      case '\x8c': // SHORT_BINUNICODE
        this.#stack.push(this.#text(this.#byte()));
        return;
      case 'c':
        this.#stack.push(global(this.#line(), this.#line()));
        return;
      case '\x93': {
        // STACK_GLOBAL
        const [name, module] = [this.#pop(), this.#pop()];
        if (typeof module !== 'string' || typeof name !== 'string') {
          throw new RangeError('it names what is no name');
        }
        this.#stack.push(global(module, name));
        return;
      }
      case 'q':
        this.#memo.set(this.#byte(), this.#top());
        return;
      case 'r':
        this.#memo.set(this.#view.getUint32(this.#skip(4), true), this.#top());
        return;
      case '\x94': // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case 'h':
        this.#recall(this.#byte());
        return;
      case 'j':
        this.#recall(this.#view.getUint32(this.#skip(4), true));
        return;
      case 't':
        this.#stack.push(this.#sinceMark());
        return;
      case '\x85':
      case '\x86':
      case '\x87': // TUPLE1 to TUPLE3
        this.#stack.push(this.#last(code - 0x84));
        return;
      case 'a':
        this.#append(this.#last(1));
        return;
      case 'e':
        this.#append(this.#sinceMark());
        return;
      case 's':
        this.#set(this.#last(2));
        return;
      case 'u':
        this.#set(this.#sinceMark());
        return;
      case 'Q':
        this.#stack.push(storageOf(this.#pop()));
        return;
      case 'R': {
        const [args, called] = [this.#pop(), this.#pop()];
        this.#stack.push(call(called, args));
        return;
      }
      case 'b':
        // State dicts have versions of modules as an attribute, which say nothing of the weights.
        this.#pop();
        return;
      default:
        throw new RangeError(`it does what no state dict needs (operation ${code})`);
    }
  }

  #byte(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  /** Where so many bytes begin, and goes behind them. */
  #skip(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) throw new RangeError('it is cut off');
    this.#at += count;
    return at;
  }

  #text(length: number): string {
    const at = this.#skip(length);
    return Buffer.from(this.#bytes.subarray(at, at + length)).toString('utf8');
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0 || end - this.#at > 200) throw new RangeError('it is cut off');
    const text = this.#text(end - this.#at);
    this.#at++;
    return text;
  }

  #long(length: number): number {
    const at = this.#skip(length);
    if (length > 8) throw new RangeError('it has a number that is too large');
    let value = 0n;
    for (let index = 0; index < length; index++) {
      value |= BigInt(this.#bytes[at + index]!) << BigInt(8 * index);
    }
    return Number(BigInt.asIntN(8 * length, value));
  }

  #top(): Item {
    const top = this.#stack.at(-1);
    if (top === undefined) throw new RangeError('it takes what is not there');
    return top;
  }

  #pop(): Pickled {
    const item = this.#stack.pop();
    if (item === undefined || item === MARK) throw new RangeError('it takes what is not there');
    return item;
  }

  #last(count: number): Pickled[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #sinceMark(): Pickled[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) throw new RangeError('it takes what is not there');
    const items = this.#stack.splice(at).slice(1);
    return items as Pickled[];
  }

  #recall(key: number): void {
    const item = this.#memo.get(key);
    if (item === undefined) throw new RangeError('it recalls what was never kept');
    this.#stack.push(item);
  }

  #append(items: Pickled[]): void {
    const list = this.#top();
    if (!isList(list)) throw new RangeError('it appends to what is no list');
    for (const item of items) list.push(item);
  }

  #set(items: Pickled[]): void {
    const map = this.#top();
    if (!(map instanceof Map)) throw new RangeError('it has entries of what is no dict');
    for (let index = 0; index + 1 < items.length; index += 2)
      map.set(items[index]!, items[index + 1]!);
  }
}

const simpleValues: ReadonlyMap<number, () => Pickled> = new Map<number, () => Pickled>([
  [0x4e, () => null], // NONE
  [0x88, () => true],
  [0x89, () => false],
  [0x7d, () => new Map()],
  [0x5d, () => []],
  [0x29, () => []], // EMPTY_TUPLE
]);

function global(module: string, name: string): Global {
  const full = `${module} ${name}`;
  if (!allowed.has(full) && !STORAGE.test(full)) {
    throw new RangeError(`it would run ${module}.${name}, which a state dict has no need of`);
  }
  return { kind: 'global', name: full };
}

/** ('storage', its type, its key, the device that it was on, how many numbers) */
function storageOf(id: Pickled): Storage {
  const [what, type, key] = isList(id) ? id : [];
  const [, name] = isGlobal(type) ? (STORAGE.exec(type.name) ?? []) : [];
  if (what !== 'storage' || name === undefined || typeof key !== 'string') {
    throw new RangeError('it refers to what is no storage');
  }
  return { kind: 'storage', type: name, key };
}

function call(called: Pickled, args: Pickled): Pickled {
  const name = isGlobal(called) ? called.name : '';
  const list = isList(args) ? args : [];
  if (name === 'collections OrderedDict' && list.length === 0) return new Map();
  if (name === 'torch._utils _rebuild_parameter' && isTensor(list[0])) return list[0];
  if (name === 'torch._utils _rebuild_tensor_v2') {
    const [storage, offset, shape, strides] = list;
    if (
      isStorage(storage) &&
      typeof offset === 'number' &&
      isNumbers(shape) &&
      isNumbers(strides)
    ) {
      return { kind: 'tensor', storage, offset, shape, strides };
    }
  }
  throw new RangeError('it does what no state dict needs');
}

function isNumbers(value: Pickled | undefined): value is number[] {
  return isList(value) && value.every((item) => typeof item === 'number');
}
