// Reads the goldens: JSON, and .npy files of f32.

import { readFileSync } from 'node:fs';

const GOLDENS = new URL('../goldens/', import.meta.url);

export interface Npy {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** `path` is relative to test/goldens. */
export function readNpy(path: string): Npy {
  const bytes = readFileSync(new URL(path, GOLDENS));
  const headerBytes = bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, 10 + headerBytes);
  if (!header.includes("'descr': '<f4'")) throw new Error(`${path}: expected little-endian f32, got ${header}`);
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)![1]!
    .split(',')
    .filter((s) => s.trim() !== '')
    .map(Number);
  const data = bytes.subarray(10 + headerBytes);
  return { shape, data: new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)) };
}

/** A JSON file relative to test/goldens. */
export function goldenJson<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, GOLDENS), 'utf8')) as T;
}
