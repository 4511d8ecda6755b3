// Rules of `spec.window` and `spec.emit`.
import { durationMs } from '../duration.ts';
import { isObject } from '../problem.ts';
import { type Rule, Shown, celMs, celWithDurations, exactlyOne, positive } from './rule.ts';

/** |offset| must be smaller than the spacing of the windows. */
function smallOffset(kind: string, spacing: string): Rule {
  return {
    id: 'offsetBelowSpacing',
    at: `spec.window.${kind}`,
    field: 'offset',
    text: `must be smaller than ${spacing}, forwards or backwards`,
    cel: `!has(self.offset) || ${celWithDurations(
      ['self.offset', `self.${spacing}`],
      `${celMs(`self.${spacing}`)} == 0 || ${celMs("self.offset.replace('-', '')")} < ${celMs(`self.${spacing}`)}`,
    )}`,
    holds: (self) => {
      const [offset, limit] = [durationMs(self['offset'] ?? '0s'), durationMs(self[spacing])];
      return (
        offset === null ||
        limit === null ||
        limit === 0 ||
        Math.abs(offset) < limit || { got: new Shown(self['offset'], ', ', spacing, ' ', self[spacing]) }
      );
    },
  };
}

function atMostSize(kind: string, field: string): Rule {
  return {
    id: `${field}AtMostSize`,
    at: `spec.window.${kind}`,
    field,
    text: 'must be at most size',
    cel: celWithDurations([`self.${field}`, 'self.size'], `${celMs(`self.${field}`)} <= ${celMs('self.size')}`),
    holds: (self) => {
      const [value, size] = [durationMs(self[field]), durationMs(self['size'])];
      return (
        value === null || size === null || value <= size || { got: new Shown(self[field], ', size ', self['size']) }
      );
    },
  };
}

const mode = (self: Record<string, unknown>): unknown =>
  isObject(self['emit']) ? (self['emit']['mode'] ?? 'close') : 'close';

export const WINDOW_RULES: readonly Rule[] = [
  exactlyOne({
    id: 'oneWindow',
    at: 'spec.window',
    fields: ['tumbling', 'sliding', 'session', 'cumulative', 'global'],
  }),
  positive('spec.window.tumbling', 'size'),
  smallOffset('tumbling', 'size'),
  positive('spec.window.sliding', 'size'),
  positive('spec.window.sliding', 'slide'),
  atMostSize('sliding', 'slide'),
  smallOffset('sliding', 'slide'),
  positive('spec.window.session', 'gap'),
  positive('spec.window.cumulative', 'size'),
  positive('spec.window.cumulative', 'step'),
  {
    id: 'sizeMultipleOfStep',
    at: 'spec.window.cumulative',
    field: 'size',
    text: 'must be a multiple of step',
    cel: celWithDurations(
      ['self.step', 'self.size'],
      `${celMs('self.step')} == 0 || ${celMs('self.size')} % ${celMs('self.step')} == 0`,
    ),
    holds: (self) => {
      const [size, step] = [durationMs(self['size']), durationMs(self['step'])];
      return (
        size === null ||
        step === null ||
        step === 0 ||
        size % step === 0 || { got: new Shown(self['size'], ', step ', self['step']) }
      );
    },
  },
  smallOffset('cumulative', 'size'),
  {
    id: 'globalNeedsUpdates',
    at: 'spec',
    field: 'emit.mode',
    text: 'must be update or interval with a global window, which never closes',
    cel: "!has(self.window.global) || (has(self.emit) && has(self.emit.mode) && self.emit.mode != 'close')",
    holds: (self) =>
      !isObject(self['window']) || !isObject(self['window']['global']) || mode(self) !== 'close' || { got: 'close' },
  },
  {
    id: 'intervalNeedsEvery',
    at: 'spec.emit',
    field: 'every',
    text: 'must be set with mode interval, and only then',
    cel: "has(self.every) == (has(self.mode) && self.mode == 'interval')",
    holds: (self) => (self['every'] !== undefined) === (self['mode'] === 'interval') || { got: self['every'] },
  },
  positive('spec.emit', 'every'),
];
