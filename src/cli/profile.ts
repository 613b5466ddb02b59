// `transcribe --profile FILE`: the tables on stderr, and the profile as a file.

import { extname } from 'node:path';
import { OptionError } from '../errors.ts';
import type { Profile } from '../gpu/profile.ts';
import { writeText } from '../output/write_text.ts';
import { type Io, say } from './io.ts';
import { profilePage } from './profile_html.ts';
import { profileText } from './profile_text.ts';
import { profileTrace } from './profile_trace.ts';

const WRITERS: Readonly<Record<string, (profile: Profile) => string>> = { '.json': profileTrace, '.html': profilePage };

/** The name of a file that a profile can be written to. @throws OptionError. */
export function profileFile(path: string): string {
  const kind = extname(path).toLowerCase();
  if (kind in WRITERS) return path;
  throw new OptionError(`transcribe: expected --profile FILE.json (a trace) or FILE.html (a picture), got '${path}'`);
}

/** The file, and unless `quiet` the tables. */
export async function writeProfile(path: string, profile: Profile, quiet: boolean, io: Io): Promise<void> {
  if (!quiet) say(io, profileText(profile));
  await writeText(path, WRITERS[extname(path).toLowerCase()]!(profile));
  if (!quiet) say(io, `${path} written`);
}
