// Small JSON files beside a model (config.json, index, vocabulary), read with a bound on their size.

import { access } from 'node:fs/promises';
import { ModelFileError } from '../errors.ts';
import { messageOf, openRandomFile } from './random_file.ts';

/** Bytes; the index of a thousand shards is far below. */
export const LARGEST_JSON = 16 << 20;
const DEEPEST = 64; // arrays and objects in each other; what walks through a value later has a stack to mind

/** A JSON object whose members are yet to be checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A foreign value for a message: a scalar, cut where it is long, or what it is. Never looks inside, where there may be no end. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}

/** Parse UTF-8 JSON. `where` begins the ModelFileError of anything else, and of values nested without end. */
export function parseJson(bytes: Uint8Array, where: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ModelFileError(`${where}: expected JSON in UTF-8, got ${messageOf(cause)}`, { cause });
  }
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) throw new ModelFileError(`${where}: expected values up to ${DEEPEST} deep, got deeper ones`);
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return value;
}

/** As parseJson, but of an object. */
export function parseJsonObject(bytes: Uint8Array, where: string): JsonObject {
  const value = parseJson(bytes, where);
  if (!isJsonObject(value)) throw new ModelFileError(`${where}: expected a JSON object, got another JSON value`);
  return value;
}

/** The whole of a small file. Throws ModelFileError when it is missing or above 16 MiB. */
export async function readSmallFile(path: string): Promise<Uint8Array> {
  const file = await openRandomFile(path);
  try {
    if (file.size > LARGEST_JSON) {
      throw new ModelFileError(`${path}: expected at most ${LARGEST_JSON} bytes of text, got ${file.size}`);
    }
    return await file.read(0, file.size);
  } finally {
    await file.close();
  }
}

export async function readJsonObject(path: string): Promise<JsonObject> {
  return parseJsonObject(await readSmallFile(path), path);
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
