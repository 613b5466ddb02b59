// Reader of openai/whisper checkpoints: what torch.save writes of {dims, model_state_dict}, or of a bare state dict.
// A zip (torch 1.6 and later) with data.pkl and one stored entry per storage. No code of the file is run.

import { ModelFileError } from '../errors.ts';
import { type DeclaredDims, declareDims } from './dims.ts';
import { isGlobal, type PickleHooks, type PyValue, unpickle } from './pickle.ts';
import { openForParsing, type RandomFile } from './random_file.ts';
import {
  elementCount,
  STORED_UNITS,
  type StoredTensor,
  type StoredType,
  type TensorFile,
  tensorFile,
} from './tensor_table.ts';
import { readZipEntries, type ZipEntry, zipDataAt } from './zip.ts';

const LARGEST_PICKLE = 1 << 20; // bytes; a large Whisper has about 150 KiB

const STORAGES: ReadonlyMap<string, StoredType> = new Map([
  ['torch FloatStorage', 'f32'],
  ['torch HalfStorage', 'f16'],
  ['torch BFloat16Storage', 'bf16'],
  ['torch CharStorage', 'i8'],
  ['torch ByteStorage', 'u8'],
  ['torch ShortStorage', 'i16'],
  ['torch IntStorage', 'i32'],
  ['torch LongStorage', 'i64'],
]);
const REBUILD = 'torch._utils _rebuild_tensor_v2';
const ORDERED_DICT = 'collections OrderedDict';

/** A run of elements in an entry of its own; several tensors may be views of one. */
interface Storage {
  readonly is: 'storage';
  readonly type: StoredType;
  readonly key: string;
  readonly elements: number;
}

/** A view of a storage, as pickled. Strides are in elements. */
interface Tensor {
  readonly is: 'tensor';
  readonly storage: Storage;
  /** In elements. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

export interface PtFile {
  readonly file: TensorFile;
  /** Absent for a bare state dict. */
  readonly dims: DeclaredDims | undefined;
}

/** Open a .pt file. Throws ModelFileError for another format, a pickle with anything but tensors, or damage. */
export async function openPt(path: string): Promise<PtFile> {
  return openForParsing(path, async (source) => {
    const entries = await readZipEntries(source);
    const pickles = [...entries.values()].filter(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name));
    const [pickle] = pickles;
    if (!pickle || pickles.length > 1 || pickle.bytes > LARGEST_PICKLE) {
      throw new ModelFileError(
        `${path}: expected one data.pkl of at most ${LARGEST_PICKLE} bytes because torch.save writes it, ` +
          `got ${pickles.map(({ name, bytes }) => `${name} (${bytes})`).join(', ') || 'none'}`,
      );
    }
    const root = pickle.name.slice(0, -'data.pkl'.length);
    await checkByteOrder(source, entries.get(`${root}byteorder`));
    const at = await zipDataAt(source, pickle);
    const checkpoint = unpickle(await source.read(at, at + pickle.bytes), `${path}: ${pickle.name}`, HOOKS);
    const { dims, state } = splitCheckpoint(path, checkpoint);
    const tensors = new Map<string, StoredTensor>();
    for (const [name, value] of state) {
      tensors.set(name, await locate(source, name, value, (key) => entries.get(`${root}data/${key}`)));
    }
    return { file: tensorFile('pt', [source], tensors), dims };
  });
}

/** torch swaps bytes on a machine of the other order; we refuse. */
async function checkByteOrder(source: RandomFile, entry: ZipEntry | undefined): Promise<void> {
  if (!entry) return; // torch before 2.0 wrote none, and little-endian
  const at = await zipDataAt(source, entry);
  const order = new TextDecoder().decode(await source.read(at, at + Math.min(entry.bytes, 16)));
  if (order !== 'little')
    throw new ModelFileError(`${source.path}: expected byte order little, got ${JSON.stringify(order)}`);
}

// All that a pickle may name. The functions are never looked up: these few meanings are written here.
const HOOKS: PickleHooks = {
  globals: new Set([...STORAGES.keys(), REBUILD, ORDERED_DICT]),
  call(name, args) {
    if (name === ORDERED_DICT && args.length === 0) return new Map();
    return name === REBUILD ? rebuildTensor(args) : undefined;
  },
  /** ('storage', torch.HalfStorage, key, device, element count) */
  persistent(id) {
    if (!Array.isArray(id) || id.length !== 5 || id[0] !== 'storage') return undefined;
    const [, storage, key, , elements] = id as readonly PyValue[];
    const type = isGlobal(storage) ? STORAGES.get(storage.name) : undefined;
    if (!type || typeof key !== 'string' || !isSize(elements)) return undefined;
    return { kind: 'object', value: { is: 'storage', type, key, elements } satisfies Storage };
  },
};

/** (storage, offset, shape, stride, requires_grad, hooks) */
function rebuildTensor([wrapped, offset, shape, stride]: readonly PyValue[]): PyValue | undefined {
  const storage = unwrap(wrapped);
  if (storage?.is !== 'storage' || !isSize(offset) || !isSizes(shape) || !isSizes(stride)) return undefined;
  if (shape.length !== stride.length) return undefined;
  return { kind: 'object', value: { is: 'tensor', storage, offset, shape, stride } satisfies Tensor };
}

/** What `persistent` and `rebuildTensor` have put into the pickle's values. */
function unwrap(value: PyValue | undefined): Storage | Tensor | undefined {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'object'
    ? (value.value as Storage | Tensor)
    : undefined;
}

function isSize(value: PyValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isSizes(value: PyValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every(isSize);
}

interface Checkpoint {
  readonly dims: DeclaredDims | undefined;
  readonly state: ReadonlyMap<string, PyValue>;
}

/** OpenAI's {dims, model_state_dict}, or a dictionary that is the state dict itself. */
function splitCheckpoint(path: string, checkpoint: PyValue): Checkpoint {
  if (!(checkpoint instanceof Map))
    throw new ModelFileError(`${path}: expected a pickled dictionary, got something else`);
  const dims = checkpoint.get('dims');
  const state = checkpoint.get('model_state_dict') ?? checkpoint;
  if (!(state instanceof Map) || [...state.keys()].some((name) => typeof name !== 'string')) {
    throw new ModelFileError(`${path}: expected model_state_dict to be a dictionary by names, got something else`);
  }
  return {
    dims: dims instanceof Map ? declareDims((name) => dims.get(name), `${path}: dims`) : undefined,
    state: state as ReadonlyMap<string, PyValue>,
  };
}

/** Where a tensor's elements lie. They must be contiguous: a transposed view would need a copy on reading. */
async function locate(
  source: RandomFile,
  name: string,
  value: PyValue,
  storageEntry: (key: string) => ZipEntry | undefined,
): Promise<StoredTensor> {
  const where = `${source.path}: ${name}`;
  const tensor = unwrap(value);
  if (tensor?.is !== 'tensor') throw new ModelFileError(`${where}: expected a tensor, got another value`);
  const { storage, shape, stride, offset } = tensor;
  const entry = storageEntry(storage.key);
  const size = STORED_UNITS[storage.type].bytes;
  const elements = elementCount(shape);
  if (!entry || entry.bytes < storage.elements * size || offset + elements > storage.elements) {
    throw new ModelFileError(
      `${where}: expected ${storage.elements} elements of ${storage.type} in entry data/${storage.key} and ` +
        `[${shape}] at element ${offset} of them, got ${entry ? `${entry.bytes} bytes` : 'no such entry'}`,
    );
  }
  let run = 1; // elements under one index of the axis
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis]! > 1 && stride[axis] !== run) {
      throw new ModelFileError(`${where}: expected a contiguous tensor, got shape [${shape}] with stride [${stride}]`);
    }
    run *= shape[axis]!;
  }
  const dataAt = await zipDataAt(source, entry);
  return { name, type: storage.type, shape, file: source.path, offset: dataAt + offset * size, bytes: elements * size };
}
