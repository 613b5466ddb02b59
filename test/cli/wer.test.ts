// Rung: pure. `wer`: texts out of every kind of file, counts after each normaliser, and the list of what differs.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { renderSrt } from '../../src/output/srt.ts';
import { renderVtt } from '../../src/output/vtt.ts';
import { goldenJson } from '../support/goldens.ts';
import { cli } from './in_process.ts';

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-wer-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file. @returns its path. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const counts = async (...args: string[]) => JSON.parse((await cli(['wer', ...args, '--json'])).out);
const RESULT = goldenJson<Parameters<typeof renderSrt>[0]>('transcripts/long95.tiny.en.words.json');

describe('[pure] wer', () => {
  it('counts words after the English normaliser, and says so', async () => {
    const said = file('said.txt', "Mr. Smith won't pay twenty-one dollars, he said.\n");
    const heard = file('heard.txt', 'mister smith will not pay $21 he had said');
    expect(await cli(['wer', said, heard])).toEqual({
      code: 0,
      out: '12.50 % word errors: 1 in 8 words (0 substitutions, 0 deletions, 1 insertions; normaliser english)\n',
      err: '',
    });
  });

  it('lists what differs, with the words around it', async () => {
    const said = file('a.txt', 'one two three four five six seven eight nine ten');
    const heard = file('b.txt', 'one two tree four five five six seven nine ten eleven');
    const { out } = await cli(['wer', said, heard, '--diff', '--normalizer', 'none']);
    expect(out.split('\n').slice(1)).toEqual([
      '     3  one two [three -> tree] four five',
      '     6  four five [-> five] six seven',
      '     8  six seven [eight ->] nine ten',
      '    11  nine ten [-> eleven]',
      '',
    ]);
    const { diff, ...rest } = await counts(said, heard, '--diff', '--normalizer', 'none');
    expect(rest).toEqual({
      ...{ wer: 0.4, words: 10, errors: 4, substitutions: 1, deletions: 1, insertions: 2, hits: 8 },
      normalizer: 'none',
    });
    expect(diff[2]).toEqual({
      word: 8,
      reference: 'eight',
      hypothesis: '',
      before: 'six seven',
      after: 'nine ten',
    });
  });

  it('reads the same words out of JSON, subtitles and stdin', async () => {
    const json = file('result.json', JSON.stringify(RESULT));
    const cpp = file('cpp.json', JSON.stringify({ transcription: RESULT.segments.map(({ text }) => ({ text })) }));
    const srt = file('result.srt', renderSrt(RESULT).replace(' the ', '\n<i>the</i> '));
    const vtt = file(
      'result.vtt',
      renderVtt(RESULT).replace('\n\n', '\n\nNOTE not a word\n\nid-1\n').replaceAll('\n', '\r\n'),
    );
    for (const path of [json, cpp, srt, vtt]) {
      expect(await counts(json, path, '--normalizer', 'none'), path).toMatchObject({ errors: 0, words: 169 });
    }
    const { out } = await cli(['wer', json, '-', '--json'], RESULT.text);
    expect(JSON.parse(out)).toMatchObject({ errors: 0, normalizer: 'english' });
  });

  it('takes the basic normaliser for another language', async () => {
    const said = file('es.txt', 'Él pagó 20 €, ¿no?');
    const heard = file('es.json', JSON.stringify({ text: ' él pago veinte no', language: 'es' }));
    expect(await counts(said, heard)).toMatchObject({ normalizer: 'basic', errors: 2, words: 4 });
    expect(await counts(said, heard, '--normalizer', 'english')).toMatchObject({ normalizer: 'english' });
  });

  it.each<[string, string, string | Uint8Array, RegExp]>([
    ['a file that is not there', 'none.txt', '', /none\.txt: expected a file of UTF-8 text, got ENOENT/],
    ['bytes that are no text', 'x.txt', Buffer.from([0xff, 0xfe, 0x41]), /expected a file of UTF-8 text/],
    ['damaged JSON', 'x.json', '{"text": ', /expected JSON/],
    ['JSON without text', 'y.json', '[1]', /expected openai\/whisper's JSON or whisper\.cpp's/],
    ['JSON that is null', 'z.json', 'null', /a value without text/],
    ['subtitles that are none', 'x.srt', 'plain words', /expected the subtitles of a \.srt file/],
    ['WebVTT without its head', 'x.vtt', '00:01.000 --> 00:02.000\nhi\n', /expected the subtitles of a \.vtt file/],
    ['underlined words', 'u.srt', '1\n00:00:00,000 --> 00:00:01,000\n<u>So</u> it\n\n', /each word once/],
    ['a table', 'x.tsv', 'start\tend\ttext\n', /expected text, \.json, \.srt or \.vtt, got \.tsv/],
  ])('refuses %s', async (_, name, content, message) => {
    const heard = name === 'none.txt' ? join(folder, name) : file(name, content);
    const { code, out, err } = await cli(['wer', file('ok.txt', 'words'), heard]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
  });

  it('refuses a reference without words, and stdin for both; silence is a hypothesis like any other', async () => {
    const none = file('empty.txt', ' [music]\n');
    const some = file('some.txt', 'two words');
    expect((await cli(['wer', none, some])).err).toMatch(/empty\.txt: expected words/);
    expect((await cli(['wer', '-', '-'])).code).toBe(2);
    expect(await counts(some, none)).toMatchObject({ wer: 1, deletions: 2 });
    expect(await counts(some, file('silent.vtt', 'WEBVTT\n\n'))).toMatchObject({ wer: 1 });
  });
});
