// A pickle reader that builds data and runs nothing: protocol 2, only the opcodes torch.save uses for dictionaries of
// tensors. What a global or a persistent id means is the caller's closed list. Source: Python's Lib/pickle.py.

import { ModelFileError } from '../errors.ts';

export type PyValue =
  | null
  | boolean
  | number
  | string
  | readonly PyValue[]
  | Map<PyValue, PyValue>
  | PyGlobal
  | { readonly kind: 'object'; readonly value: unknown };

/** A name in a Python module. It is never imported. */
export interface PyGlobal {
  readonly kind: 'global';
  readonly name: string;
}

/** What the reader may meet beside plain data. Each hook returns undefined for what it does not allow. */
export interface PickleHooks {
  /** Full names, "module name". */
  readonly globals: ReadonlySet<string>;
  /** What calling a global gives. */
  call(name: string, args: readonly PyValue[]): PyValue | undefined;
  /** What lies outside the pickle under an id: for torch a storage. */
  persistent(id: PyValue): PyValue | undefined;
}

/** The state of pickle's stack machine. */
interface Machine {
  readonly data: DataView;
  readonly bytes: Uint8Array;
  readonly hooks: PickleHooks;
  at: number;
  stack: PyValue[];
  /** Stacks set aside by MARK, innermost last. */
  readonly marks: PyValue[][];
  readonly memo: Map<number, PyValue>;
}

/** Signals a fault to unpickle(), which knows the opcode's offset. */
class Fault extends Error {}

/**
 * The value a pickle holds. Lists and tuples are arrays, dictionaries (and OrderedDict, if `call` says so) are Maps.
 * Throws ModelFileError, with the byte inside the pickle, for any other opcode, global or id, and for damage.
 */
export function unpickle(bytes: Uint8Array, where: string, hooks: PickleHooks): PyValue {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const machine: Machine = { data, bytes, hooks, at: 0, stack: [], marks: [], memo: new Map() };
  for (;;) {
    const at = machine.at;
    try {
      const opcode = take(machine, 1).getUint8(0);
      if (opcode === STOP) return pop(machine);
      const run = OPCODES[opcode];
      if (!run) throw new Fault(`opcode 0x${opcode.toString(16)}`);
      run(machine);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw new ModelFileError(
        `${where}: expected a pickled state dict at byte ${at} of the pickle, got ${error.message}`,
      );
    }
  }
}

const STOP = 0x2e;

// By opcode byte. Each reads its operands from the pickle and works on the stack.
const OPCODES: Readonly<Record<number, (m: Machine) => void>> = {
  128: (m) => {
    const protocol = take(m, 1).getUint8(0); // PROTO
    if (protocol !== 2) throw new Fault(`protocol ${protocol} instead of 2`);
  },
  40: (m) => {
    m.marks.push(m.stack); // MARK: a fresh stack until it is gathered
    m.stack = [];
  },
  41: (m) => m.stack.push([]), // EMPTY_TUPLE
  93: (m) => m.stack.push([]), // EMPTY_LIST
  125: (m) => m.stack.push(new Map()), // EMPTY_DICT
  78: (m) => m.stack.push(null), // NONE
  136: (m) => m.stack.push(true), // NEWTRUE
  137: (m) => m.stack.push(false), // NEWFALSE
  74: (m) => m.stack.push(take(m, 4).getInt32(0, true)), // BININT
  75: (m) => m.stack.push(take(m, 1).getUint8(0)), // BININT1
  77: (m) => m.stack.push(take(m, 2).getUint16(0, true)), // BININT2
  138: (m) => m.stack.push(longInteger(m)), // LONG1
  71: (m) => m.stack.push(take(m, 8).getFloat64(0, false)), // BINFLOAT
  88: (m) => m.stack.push(text(m, take(m, 4).getUint32(0, true))), // BINUNICODE
  99: (m) => m.stack.push(global(m)), // GLOBAL
  113: (m) => m.memo.set(take(m, 1).getUint8(0), top(m)), // BINPUT
  114: (m) => m.memo.set(take(m, 4).getUint32(0, true), top(m)), // LONG_BINPUT
  104: (m) => m.stack.push(recall(m, take(m, 1).getUint8(0))), // BINGET
  106: (m) => m.stack.push(recall(m, take(m, 4).getUint32(0, true))), // LONG_BINGET
  116: (m) => {
    const items = gather(m); // TUPLE: gathering changes the stack
    m.stack.push(items);
  },
  133: (m) => m.stack.push(popMany(m, 1)), // TUPLE1
  134: (m) => m.stack.push(popMany(m, 2)), // TUPLE2
  135: (m) => m.stack.push(popMany(m, 3)), // TUPLE3
  97: (m) => appendTo(m, popMany(m, 1)), // APPEND
  101: (m) => appendTo(m, gather(m)), // APPENDS
  115: (m) => setItems(m, popMany(m, 2)), // SETITEM
  117: (m) => setItems(m, gather(m)), // SETITEMS
  81: (m) => m.stack.push(allowed(m.hooks.persistent(pop(m)), 'a persistent id that is no tensor storage')), // BINPERSID
  82: reduce, // REDUCE
  98: (m) => {
    pop(m); // BUILD: attributes of a state dict (_metadata), which say nothing about the weights
    if (!(top(m) instanceof Map)) throw new Fault('attributes of something that is no dictionary');
  },
};

/** The next bytes of the pickle. */
function take(m: Machine, length: number): DataView {
  if (length > m.bytes.length - m.at) throw new Fault('the end of the pickle');
  const view = new DataView(m.data.buffer, m.data.byteOffset + m.at, length);
  m.at += length;
  return view;
}

function text(m: Machine, length: number): string {
  const view = take(m, length);
  return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset, length));
}

function pop(m: Machine): PyValue {
  const value = m.stack.pop();
  if (value === undefined) throw new Fault('an empty stack');
  return value;
}

function top(m: Machine): PyValue {
  const value = m.stack.at(-1);
  if (value === undefined) throw new Fault('an empty stack');
  return value;
}

function popMany(m: Machine, count: number): PyValue[] {
  if (m.stack.length < count) throw new Fault('an empty stack');
  return m.stack.splice(m.stack.length - count);
}

/** All since the last mark. */
function gather(m: Machine): PyValue[] {
  const below = m.marks.pop();
  if (!below) throw new Fault('a missing mark');
  const gathered = m.stack;
  m.stack = below;
  return gathered;
}

function recall(m: Machine, key: number): PyValue {
  const value = m.memo.get(key);
  if (value === undefined) throw new Fault(`memo ${key}, never set`);
  return value;
}

function allowed(value: PyValue | undefined, otherwise: string): PyValue {
  if (value === undefined) throw new Fault(otherwise);
  return value;
}

/** LONG1: two's complement, little-endian. */
function longInteger(m: Machine): number {
  const length = take(m, 1).getUint8(0);
  const view = take(m, length);
  if (length > 8) throw new Fault(`an integer of ${length} bytes`);
  let value = 0n;
  for (let i = 0; i < length; i++) value |= BigInt(view.getUint8(i)) << BigInt(8 * i);
  const number = Number(BigInt.asIntN(8 * length, value));
  if (!Number.isSafeInteger(number)) throw new Fault('an integer above 2^53');
  return number;
}

/** Two lines: module and name. */
function global(m: Machine): PyGlobal {
  const line = (): string => {
    const end = m.bytes.indexOf(10, m.at);
    if (end < 0) throw new Fault('the end of the pickle');
    const value = text(m, end - m.at);
    m.at += 1;
    return value;
  };
  const name = `${line()} ${line()}`;
  if (!m.hooks.globals.has(name)) throw new Fault(`global ${JSON.stringify(name)}`);
  return { kind: 'global', name };
}

/** Stands for calling a global: the caller's list says what comes of it, if anything. */
function reduce(m: Machine): void {
  const [callee, args] = popMany(m, 2);
  if (!isGlobal(callee) || !Array.isArray(args)) throw new Fault('a call of something that is no global');
  m.stack.push(allowed(m.hooks.call(callee.name, args), `call of ${callee.name} with other arguments`));
}

export function isGlobal(value: PyValue | undefined): value is PyGlobal {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'global';
}

function appendTo(m: Machine, items: readonly PyValue[]): void {
  const list = top(m);
  if (!Array.isArray(list)) throw new Fault('items for something that is no list');
  for (const item of items) list.push(item);
}

function setItems(m: Machine, items: readonly PyValue[]): void {
  const target = top(m);
  if (!(target instanceof Map) || items.length % 2 !== 0) throw new Fault('items for something that is no dictionary');
  for (let i = 0; i < items.length; i += 2) target.set(items[i]!, items[i + 1]!);
}
