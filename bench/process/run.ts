// Runs one job in a process of its own, under the memory meter where one is given.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addSwiftShader } from '../../src/gpu/swiftshader.ts';
import { ANSWER, type Job } from './answer.ts';
import type { Meter } from './meter.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Drivers that compile every kernel anew can take a quarter of an hour over a first window. */
const LIMIT_MS = 45 * 60_000;

export type Outcome<Sample> = { readonly sample: Sample } | { readonly failed: string };

/** A TypeScript program as a command line. */
export const nodeCommand = (program: string): readonly string[] => [process.execPath, '--import', 'tsx', program];

/**
 * @param command to which the job is appended as JSON.
 * @param meter undefined: the process is not metered.
 */
export async function runJob<Sample>(
  command: readonly string[],
  job: Job,
  meter: Meter | undefined,
  environment: Readonly<Record<string, string>>,
): Promise<Outcome<Sample>> {
  const folder = mkdtempSync(join(tmpdir(), 'memory-meter-'));
  const counts = join(folder, 'counts');
  writeFileSync(counts, '');
  const env = { ...process.env, ...environment, ...(meter && 'environment' in meter ? meter.environment(counts) : {}) };
  try {
    const output = await execute(command, job, env);
    const answer = output.stdout.split('\n').findLast((line) => line.startsWith(ANSWER));
    if (answer !== undefined) return { sample: JSON.parse(answer.slice(ANSWER.length)) as Sample };
    return { failed: reasonOf(output) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly error: Error | null;
}

function execute([program, ...given]: readonly string[], job: Job, env: NodeJS.ProcessEnv): Promise<Output> {
  const args = [...given, JSON.stringify(job)];
  const options = { cwd: ROOT, env, timeout: LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: 1 << 26 } as const;
  return new Promise((resolve) => {
    execFile(program!, args, options, (error, stdout, stderr) => resolve({ error, stdout, stderr }));
  });
}

/** The error's own line out of what Node prints, else how the process ended. */
function reasonOf({ stderr, error }: Output): string {
  const line = stderr.split('\n').find((text) => /^\w*Error: /.test(text));
  return (line ?? error?.message.split('\n')[0] ?? 'no answer').slice(0, 300);
}

/** What makes every engine take the adapter that ours runs on. */
export async function adapterEnvironment(kind: string): Promise<Readonly<Record<string, string>>> {
  if (kind !== 'lavapipe' && kind !== 'swiftshader') return {};
  // ggml passes over devices that compute on the CPU unless it is told which to take.
  const visible = { GGML_VK_VISIBLE_DEVICES: '0' };
  if (kind === 'lavapipe' || !(await addSwiftShader())) return visible;
  const driver = process.env['VK_ADD_DRIVER_FILES'] ?? process.env['VK_DRIVER_FILES']!.split(delimiter).at(-1)!;
  // The folder holds a Vulkan loader as well, for machines without one.
  const libraries = [process.env['LD_LIBRARY_PATH'], dirname(driver)].filter(Boolean).join(delimiter);
  return { ...visible, VK_DRIVER_FILES: driver, LD_LIBRARY_PATH: libraries };
}
