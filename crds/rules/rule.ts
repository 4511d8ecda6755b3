// A rule between fields: once as a predicate for `streamjob validate` and the operator, once as CEL for the API server, with
// one text. Both look at one object only; what depends on the cluster or on an earlier spec is the operator's.
import { SIGNED_DURATION_PATTERN } from '../duration.ts';
import { show } from '../problem.ts';

export interface Rule {
  /** Short name: `rule` of the problem. */
  readonly id: string;
  /** The object that the rule is about, from the root; `*` stands for any key or index; empty = the root. */
  readonly at: string;
  /** The field below that object which the problem points at; the object itself when absent. */
  readonly field?: string;
  /** The rule in words, as they follow the path. */
  readonly text: string;
  /** The rule for the API server, `self` = the object. Null where its schema language cannot say it: then the operator refuses. */
  readonly cel: string | null;
  /** True when the object keeps the rule, else what breaks it. Fields of a wrong type are the schema's problem: then true. */
  readonly holds: (self: Record<string, unknown>) => true | Finding | readonly Finding[];
}

export interface Finding {
  /** The value to show; a `Shown` is shown as it is. */
  readonly got: unknown;
  /** More of the path, below the rule's field. */
  readonly below?: string;
}

/** Several values in one phrase: `10s, size 5s`. Text is shown as it is, everything else as JSON. */
export class Shown {
  readonly text: string;
  constructor(...parts: readonly unknown[]) {
    this.text = parts.map((part) => (typeof part === 'string' ? part : show(part))).join('');
  }
}

/** CEL text of the milliseconds of a duration. Go's own durations know no days, so it is spelled out. */
export function celMs(duration: string): string {
  const number = (unit: string) => `int(${duration}.replace('${unit}', ''))`;
  return (
    `(${duration}.endsWith('ms') ? ${number('ms')} : ${duration}.endsWith('s') ? ${number('s')} * 1000 : ` +
    `${duration}.endsWith('m') ? ${number('m')} * 60000 : ${duration}.endsWith('h') ? ${number('h')} * 3600000 : ${number('d')} * 86400000)`
  );
}

/** CEL text that judges durations only when all are well-formed: what is not has its own message already. */
export function celWithDurations(durations: readonly string[], cel: string): string {
  return `${durations.map((duration) => `!${duration}.matches('${SIGNED_DURATION_PATTERN}')`).join(' || ')} || ${cel}`;
}

/** Which of these fields an object has, null ones left out. */
export function present(self: Record<string, unknown>, fields: readonly string[]): string[] {
  return fields.filter((field) => Object.hasOwn(self, field) && self[field] !== null && self[field] !== undefined);
}

/** Exactly one of several fields. */
export function exactlyOne(about: { id: string; at: string; fields: readonly string[]; text?: string }): Rule {
  const { id, at, fields } = about;
  return {
    id,
    at,
    text: about.text ?? `must have exactly one of ${fields.join(', ')}`,
    cel: `[${fields.map((field) => `has(self.${field})`).join(', ')}].filter(x, x).size() == 1`,
    holds: (self) => {
      const found = present(self, fields);
      return found.length === 1 || { got: found.length === 0 ? undefined : found };
    },
  };
}

/** A duration that must not be zero. */
export function positive(at: string, field: string): Rule {
  return {
    id: 'positiveDuration',
    at,
    field,
    text: 'must be more than 0',
    cel: `!has(self.${field}) || !self.${field}.matches('^-?0+[a-z]+$')`,
    holds: (self) => typeof self[field] !== 'string' || !/^-?0+[a-z]+$/.test(self[field]) || { got: self[field] },
  };
}
