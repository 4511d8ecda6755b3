// `spec.window` and `spec.emit`: into which spans of event time records are put, and when their results come out.
import { z } from 'zod';
import { duration, nothing, object, signedDuration } from './scalars.ts';

const offset = () =>
  signedDuration()
    .default('0s')
    .describe(
      'Moves the boundaries away from 1970-01-01T00:00Z; may be negative, smaller than the spacing of the windows.',
    );

export const TumblingSchema = object({
  size: duration().describe('Length of each window.'),
  offset: offset(),
});
export const SlidingSchema = object({
  size: duration().describe('Length of each window.'),
  slide: duration().describe('Distance between the starts of two windows; at most the size.'),
  offset: offset(),
});
export const SessionSchema = object({
  gap: duration().describe('A session ends when no event comes for longer than this.'),
});
export const CumulativeSchema = object({
  size: duration().describe('Length of the largest window; a multiple of the step.'),
  step: duration().describe('By how much each window is longer than the one before.'),
  offset: offset(),
});

export const WindowSchema = object({
  tumbling: TumblingSchema.optional().describe('Windows of one size, one after the other.'),
  sliding: SlidingSchema.optional().describe('Windows of one size that overlap.'),
  session: SessionSchema.optional().describe('Windows around bursts of events of a key.'),
  cumulative: CumulativeSchema.optional().describe('Windows that share a start and grow step by step.'),
  global: nothing().optional().describe('One window that never ends.'),
});

export const EMIT_MODES = ['close', 'update', 'interval'] as const;

export const EmitSchema = object({
  mode: z
    .enum(EMIT_MODES)
    .default('close')
    .describe(
      'close: one row when a window closes; update: a row per changed window and commit; interval: changed windows every so often.',
    ),
  every: duration().optional().describe('The distance of mode interval.'),
});
