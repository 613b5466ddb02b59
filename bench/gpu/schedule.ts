// The order of the suite's parts and what each may take. A task that finds no time, or is cut off, is a row that says so: nothing is
// dropped. No device is known here.

/** What a task found: figures by column, text for people below the table, and in `wrong` what must not be. */
export interface Measured {
  readonly cells: Readonly<Record<string, number | string>>;
  readonly lines?: readonly string[];
  readonly wrong?: string | undefined;
  /** Why it could not be measured here, where nothing is wrong with that. */
  readonly missed?: string;
}

export interface Task {
  readonly name: string;
  /** `signal` fires when the part's time is over. */
  run(signal: AbortSignal): Promise<Measured>;
}

export interface Part {
  readonly title: string;
  /** Seconds of its time box. What a part leaves is the next one's. */
  readonly seconds: number;
  readonly columns: readonly string[];
  readonly notes: readonly string[];
  readonly tasks: readonly Task[];
}

export type Status = 'ok' | 'WRONG' | 'FAILED' | 'NOT RUN';

export interface Row {
  readonly name: string;
  readonly status: Status;
  readonly cells: Measured['cells'];
  readonly lines: readonly string[];
  /** Why the status is not ok. */
  readonly note: string;
}

export interface PartResult {
  readonly title: string;
  readonly seconds: number;
  readonly columns: readonly string[];
  readonly notes: readonly string[];
  /** A row a task, in order. */
  readonly rows: readonly Row[];
}

/** Seconds from the start until each part must be over. */
export function deadlines(parts: readonly Pick<Part, 'seconds'>[]): number[] {
  let end = 0;
  return parts.map(({ seconds }) => {
    end += seconds;
    return end;
  });
}

export interface Watcher {
  begins(part: Part): void;
  /** `results` are those of all parts; tasks still to come are in them as not run. */
  ended(part: Part, row: Row, results: readonly PartResult[]): void;
  /** After a task that failed: whatever it used may be of no use any more. */
  failed(): Promise<void>;
}

/** Runs every task whose part has time left. `now` gives seconds since the start. */
export async function runParts(
  parts: readonly Part[],
  watcher: Watcher,
  now: () => number,
): Promise<readonly PartResult[]> {
  const ends = deadlines(parts);
  const tables = parts.map(({ tasks }) => tasks.map((task) => notRun(task, 'the run ended before')));
  const results = parts.map(({ tasks: _, ...part }, i): PartResult => ({ ...part, rows: tables[i]! }));
  for (const [i, part] of parts.entries()) {
    watcher.begins(part);
    for (const [j, task] of part.tasks.entries()) {
      const left = ends[i]! - now();
      const row = left > 0 ? await runTask(task, left) : notRun(task, 'the time box was spent');
      tables[i]![j] = row;
      watcher.ended(part, row, results);
      if (row.status === 'FAILED') await watcher.failed();
    }
  }
  return results;
}

async function runTask(task: Task, seconds: number): Promise<Row> {
  const signal = AbortSignal.timeout(Math.ceil(seconds * 1000));
  try {
    const { cells, lines = [], wrong, missed } = await task.run(signal);
    if (missed !== undefined) return notRun(task, missed);
    return { name: task.name, status: wrong === undefined ? 'ok' : 'WRONG', cells, lines, note: wrong ?? '' };
  } catch (error) {
    if (signal.aborted && error === signal.reason) return notRun(task, 'cut off when the time box ended');
    const note = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { name: task.name, status: 'FAILED', cells: {}, lines: [], note };
  }
}

function notRun({ name }: Task, note: string): Row {
  return { name, status: 'NOT RUN', cells: {}, lines: [], note };
}
