// The command line: parses, dispatches, and turns errors into messages and exit codes.

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { AdapterError, OptionError, WhisperError } from '../errors.ts';
import { convertCommand } from './convert.ts';
import { doctorCommand } from './doctor.ts';
import { inspectCommand } from './inspect.ts';
import { EXIT, type Io, say } from './io.ts';
import { packCommand } from './pack.ts';
import { parityCommand } from './parity.ts';
import { planCommand } from './plan.ts';
import { transcribeCommand } from './transcribe.ts';
import { tuneCommand } from './tune.ts';
import { werCommand } from './wer.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Runs one command line (without `node` and the script). @returns the exit code; errors are printed, never thrown. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let code = 0;
  const program = new Command('whisper-wgsl')
    .description("OpenAI's Whisper in WGSL on Dawn: speech to text in the least GPU memory.")
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  for (const make of [
    transcribeCommand,
    doctorCommand,
    tuneCommand,
    planCommand,
    packCommand,
    convertCommand,
    inspectCommand,
    parityCommand,
    werCommand,
  ]) {
    program.addCommand(
      make(io, (exit) => (code = exit))
        .exitOverride()
        .copyInheritedSettings(program),
    );
  }
  try {
    await program.parseAsync(argv.map(hyphens), { from: 'user' });
    return code;
  } catch (error) {
    return exitCodeOf(error, io);
  }
}

/** openai's spelling of options, `--output_format`, is taken as well. */
function hyphens(argument: string): string {
  const [, name, rest] = /^(--[a-z_]+)(.*)$/s.exec(argument) ?? [];
  return name === undefined ? argument : name.replaceAll('_', '-') + rest;
}

/** Prints what is to be said of an error. */
export function exitCodeOf(error: unknown, io: Io): number {
  if (io.signal.aborted) {
    say(io, 'interrupted');
    return EXIT.interrupted;
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  say(io, error instanceof WhisperError ? `error: ${error.message}` : `error: ${(error as Error).stack ?? error}`);
  if (error instanceof OptionError) return EXIT.usage;
  return error instanceof AdapterError ? EXIT.noGpu : EXIT.failure;
}
