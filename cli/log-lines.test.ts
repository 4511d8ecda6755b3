import { expect, test } from 'vitest';
import { prettyLogLine } from './log-lines.ts';

test.each([
  [
    'a log line',
    '{"level":30,"time":"2026-01-02T03:04:05.678Z","namespace":"n","job":"j","instance":"w-0","task":"ingest-1","position":7,"event":"task-live"}',
    '03:04:05 w-0 task-live task=ingest-1 position=7',
  ],
  [
    'a warning',
    '{"level":40,"time":"2026-01-02T03:04:05.678Z","event":"problem","reason":"TopicNotFound","topic":null}',
    '03:04:05 warn problem reason=TopicNotFound',
  ],
  ['an error', '{"level":50,"event":"failed","offset":3}', 'ERROR failed offset=3'],
  ['text that is no log line', 'Error: something', 'Error: something'],
])('%s', (_name, line, pretty) => expect(prettyLogLine(line)).toBe(pretty));
