// Runs one case in one variant, step by step, on a world of its own.
import { eventTimeOf } from '../case-file/event-time-of.ts';
import { parseRowValue, type Row } from '../case-file/row-value.ts';
import {
  isExpectation,
  type SourceRecord,
  type Step,
  type TestCase,
  type TestDocument,
} from '../case-file/test-file.ts';
import { TestWorld } from '../embedded/test-world.ts';
import { compareRows, describeDifference } from './compare-rows.ts';
import { readLines } from './read-lines.ts';
import { disturb, type Variant } from './variants.ts';

export interface CaseFailure {
  /** Of the step, in the test file. */
  readonly line: number;
  readonly step: Step['kind'];
  /** What was wrong, in lines. */
  readonly details: readonly string[];
}

/** Null when all that was expected came out. */
export async function runCase(
  document: Pick<TestDocument, 'job' | 'partitions'>,
  testCase: TestCase,
  variant: Variant,
): Promise<CaseFailure | null> {
  const run = new CaseRun(document);
  try {
    return await run.all(testCase.steps, variant);
  } finally {
    await run.close();
  }
}

class CaseRun {
  readonly #document: Pick<TestDocument, 'job' | 'partitions'>;
  readonly #world: TestWorld;
  // What earlier steps have looked at.
  #rows = 0;
  #late = 0;
  #bad = 0;

  constructor(document: Pick<TestDocument, 'job' | 'partitions'>) {
    this.#document = document;
    this.#world = new TestWorld(document);
  }

  async all(steps: readonly Step[], variant: Variant): Promise<CaseFailure | null> {
    await this.#world.scale(1);
    let gaps = 0;
    for (const [index, step] of steps.entries()) {
      const before = steps[index - 1];
      try {
        // After a step that only looks nothing has changed since the last gap.
        if (before !== undefined && !isExpectation(before)) await disturb(variant, gaps++, this.#world);
        const details = await this.#take(step);
        if (details.length > 0) return { line: step.line, step: step.kind, details };
      } catch (error) {
        return { line: step.line, step: step.kind, details: [error instanceof Error ? error.message : String(error)] };
      }
    }
    return null;
  }

  close(): Promise<void> {
    return this.#world.close();
  }

  /** What was not as expected: nothing for a step that only does something. */
  async #take(step: Step): Promise<readonly string[]> {
    const world = this.#world;
    switch (step.kind) {
      case 'record':
      case 'raw':
        await this.#feed([step.record]);
        return [];
      case 'records':
        await this.#feed(await readLines(step.records, this.#document.partitions));
        return [];
      case 'advanceTime':
        await world.advance(step.ms);
        return [];
      case 'checkpoint':
        await world.checkpoint();
        return [];
      case 'crash':
        await world.crash();
        return [];
      case 'rescale':
        await world.scale(step.workers);
        return [];
      case 'endOfInput':
        await world.endInput();
        return [];
      case 'expect':
        return this.#compare(step.rows);
      case 'expectLate': {
        const late = world.late();
        const found = late - this.#late;
        this.#late = late;
        return count('late', step.count, found);
      }
      case 'expectBad': {
        const bad = await world.bad();
        const found = bad - this.#bad;
        this.#bad = bad;
        return count('bad', step.count, found);
      }
      default:
        return step satisfies never;
    }
  }

  async #feed(records: readonly SourceRecord[]): Promise<void> {
    const { eventTime } = this.#document.job.source;
    await this.#world.feed(
      records.map((each) => {
        const { key, value, headers, partition } = each;
        const timestampMs = each.timestampMs ?? eventTimeOf(each, eventTime) ?? this.#world.nowMs;
        return { partition, record: { key, value, headers, timestampMs } };
      }),
    );
  }

  #compare(expected: readonly Row[]): readonly string[] {
    const all = this.#world.rows();
    const actual = all.slice(this.#rows).map((text) => parseRowValue(text) as Row);
    this.#rows = all.length;
    const difference = compareRows(expected, actual, this.#document.job.keyBy);
    return difference === null ? [] : describeDifference(difference);
  }
}

function count(what: string, expected: number, found: number): readonly string[] {
  return expected === found
    ? []
    : [`expected ${expected} ${what} records since the last such step, there were ${found}`];
}
