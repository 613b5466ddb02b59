// Runs one job in a process of its own, under the memory meter where there is one.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addSwiftShader } from '../../src/gpu/swiftshader.ts';
import type { Job, Sample } from './job.ts';
import { ANSWER } from './measure.ts';
import type { Meter } from './meter.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Drivers that compile every kernel anew can take a quarter of an hour over a first window. */
const LIMIT_MS = 45 * 60_000;

export type Outcome = { readonly sample: Sample } | { readonly failed: string };

export async function runJob(
  program: string,
  job: Job,
  meter: Meter,
  environment: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'memory-meter-'));
  const counts = join(folder, 'counts');
  writeFileSync(counts, '');
  const env = { ...process.env, ...environment, ...('environment' in meter ? meter.environment(counts) : {}) };
  try {
    const output = await execute(program, job, env);
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

function execute(program: string, job: Job, env: NodeJS.ProcessEnv): Promise<Output> {
  const args = ['--import', 'tsx', program, JSON.stringify(job)];
  const options = { cwd: ROOT, env, timeout: LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: 1 << 26 } as const;
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => resolve({ error, stdout, stderr }));
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
