// Rules of `spec.aggregates`: one function each, one input each, and names that fit into a row.
import { isBooleanWord } from '../parse-manifest.ts';
import { isObject } from '../problem.ts';
import {
  AGGREGATE_FUNCTIONS,
  AGGREGATES_MAX,
  AGGREGATE_NAME_MAX_LENGTH,
  SCALAR_FUNCTIONS,
} from '../schema/aggregates.ts';
import { type Rule, Shown, exactlyOne } from './rule.ts';

/** Fields of every row besides keys and aggregates. */
const ROW_FIELDS = ['windowStart', 'windowEnd'];

const names = (self: Record<string, unknown>): string[] =>
  isObject(self['aggregates']) ? Object.keys(self['aggregates']) : [];

/** A rule about all names at once; `bad` picks those that break it. */
function nameRule(
  about: Pick<Rule, 'id' | 'text' | 'cel'> & { bad: (name: string, keyBy: readonly unknown[]) => boolean },
): Rule {
  const { id, text, cel, bad } = about;
  return {
    id,
    at: 'spec',
    field: 'aggregates',
    text,
    cel,
    holds: (self) => {
      const keyBy: readonly unknown[] = Array.isArray(self['keyBy']) ? self['keyBy'] : [];
      const found = names(self).filter((name) => bad(name, keyBy));
      return found.length === 0 || found.map((name) => ({ got: name, below: name }));
    },
  };
}

export const AGGREGATE_RULES: readonly Rule[] = [
  {
    id: 'someAggregate',
    at: 'spec',
    field: 'aggregates',
    text: `must have 1 to ${AGGREGATES_MAX} entries`,
    cel: null,
    holds: (self) =>
      !isObject(self['aggregates']) ||
      (names(self).length >= 1 && names(self).length <= AGGREGATES_MAX) || {
        got: new Shown(names(self).length, ' entries'),
      },
  },
  nameRule({
    id: 'nameIsNoBoolean',
    text: 'a name must not be true or false: if you wrote a word, quote it: YAML reads an unquoted on, off, yes, no, y or n as a boolean',
    cel: "!('true' in self.aggregates) && !('false' in self.aggregates)",
    bad: isBooleanWord,
  }),
  nameRule({
    id: 'nameIsPlain',
    text: `a name must begin with a letter or _ and go on with letters, digits, _, - or ., at most ${AGGREGATE_NAME_MAX_LENGTH} characters`,
    // The cost of a pattern over map keys is unbounded to the API server.
    cel: null,
    bad: (name) => name.length > AGGREGATE_NAME_MAX_LENGTH || !/^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(name),
  }),
  nameRule({
    id: 'nameIsNotTaken',
    text: 'a name must not be windowStart or windowEnd, which every row has',
    cel: "!('windowStart' in self.aggregates) && !('windowEnd' in self.aggregates)",
    bad: (name) => ROW_FIELDS.includes(name),
  }),
  nameRule({
    id: 'nameIsNoKey',
    text: 'a name must not be in keyBy, a row holds both',
    cel: '!self.keyBy.exists(k, k in self.aggregates)',
    bad: (name, keyBy) => keyBy.includes(name),
  }),
  exactlyOne({
    id: 'oneFunction',
    at: 'spec.aggregates.*',
    fields: AGGREGATE_FUNCTIONS,
    text: `must have exactly one function: ${AGGREGATE_FUNCTIONS.join(', ')}`,
  }),
  {
    id: 'oneFilter',
    at: 'spec.aggregates.*',
    field: 'where',
    text: 'must stand beside the function or in it, not both',
    cel: `!has(self.where) || !(${AGGREGATE_FUNCTIONS.map((fn) => `(has(self.${fn}) && has(self.${fn}.where))`).join(' || ')})`,
    holds: (self) => {
      const inside = AGGREGATE_FUNCTIONS.map((fn) => self[fn]).find((fn) => isObject(fn) && fn['where'] !== undefined);
      return self['where'] === undefined || inside === undefined || { got: self['where'] };
    },
  },
  {
    id: 'oneInput',
    at: 'spec.aggregates.*.count',
    text: 'must have at most one of field, of',
    cel: '!(has(self.field) && has(self.of))',
    holds: (self) => !('field' in self && 'of' in self) || { got: ['field', 'of'] },
  },
  ...AGGREGATE_FUNCTIONS.filter((fn) => fn !== 'count').map((fn) =>
    exactlyOne({ id: 'oneInput', at: `spec.aggregates.*.${fn}`, fields: ['field', 'of'] }),
  ),
  ...AGGREGATE_FUNCTIONS.filter((fn) => !SCALAR_FUNCTIONS.includes(fn)).map(
    (fn): Rule => ({
      id: 'numberInput',
      at: `spec.aggregates.*.${fn}`,
      field: 'field',
      text: 'must be a field of numbers; for the number in a key or a header write of: double($key)',
      cel: "!has(self.field) || (self.field != '$key' && !self.field.startsWith('$headers.'))",
      holds: ({ field }) =>
        typeof field !== 'string' || (field !== '$key' && !field.startsWith('$headers.')) || { got: field },
    }),
  ),
];
