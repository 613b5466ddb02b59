// Times as text. Source: openai/whisper utils.py, format_timestamp.

import { OptionError } from '../errors.ts';
import { roundHalfEven } from '../python.ts';

export interface TimestampOptions {
  /** `00:` for less than an hour, too. */
  readonly alwaysIncludeHours?: boolean;
  /** Between seconds and milliseconds. */
  readonly decimalMarker?: '.' | ',';
}

/** `HH:MM:SS.mmm`, or `MM:SS.mmm` below an hour. Throws OptionError when `seconds` is negative or no number. */
export function formatTimestamp(seconds: number, options: TimestampOptions = {}): string {
  const { alwaysIncludeHours = false, decimalMarker = '.' } = options;
  const ms = milliseconds(seconds);
  const hours = Math.floor(ms / 3_600_000);
  const marker = alwaysIncludeHours || hours > 0 ? `${digits(hours, 2)}:` : '';
  const minutes = Math.floor(ms / 60_000) % 60;
  return `${marker}${digits(minutes, 2)}:${digits(Math.floor(ms / 1000) % 60, 2)}${decimalMarker}${digits(ms % 1000, 3)}`;
}

/** Whole milliseconds, from halfway to the even one. */
export function milliseconds(seconds: number): number {
  return roundHalfEven(1000 * checked(seconds));
}

/** Whole hundredths of a second, the unit of whisper.cpp. */
export function centiseconds(seconds: number): number {
  return roundHalfEven(100 * checked(seconds));
}

function checked(seconds: number): number {
  if (seconds >= 0 && seconds < Number.POSITIVE_INFINITY) return seconds;
  throw new OptionError(`timestamp: expected seconds from 0 on because they are a place in the audio, got ${seconds}`);
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
