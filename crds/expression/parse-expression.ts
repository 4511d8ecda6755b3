// From the text of an expression (CEL) to its checked tree. The grammar is the library's; what has no meaning for a record is refused
// here, with its position, so that a manifest never runs with half of its filter.
import { ParseError, parse } from '@marcbachmann/cel-js';
import { type Expression, fieldsOf } from './expression.ts';
import { lower, requireCondition } from './lower.ts';
import { maskNames } from './record-names.ts';
import { Refusal } from './refusal.ts';
import { inWords, NUMBER } from './value-type.ts';

/** What an expression stands for: a filter; a number; anything that an aggregate over scalars takes. */
export type Expected = 'condition' | 'number' | 'scalar';

export type ParsedExpression =
  /** `fields`: every path that evaluation reads, in the order of the text. */
  | { readonly ok: true; readonly expression: Expression; readonly fields: readonly string[] }
  /** `position` is the 1-based character; the message names it too. */
  | { readonly ok: false; readonly message: string; readonly position: number };

/** Whether the text is an expression that the runtime evaluates to what is expected. Never throws. */
export function parseExpression(text: string, expects: Expected): ParsedExpression {
  try {
    const { text: masked, names } = maskNames(text);
    const root = lower(parse(masked).ast, { text, names, variables: new Map(), depth: 0 });
    const expression = EXPECTATIONS[expects](root);
    return { ok: true, expression, fields: fieldsOf(expression) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, message: error.message, position: error.position };
    if (!(error instanceof ParseError)) throw error;
    const position = (error.range?.start ?? error.node?.pos ?? 0) + 1;
    return { ok: false, message: `not a CEL expression: ${error.summary} at position ${position}`, position };
  }
}

const EXPECTATIONS: Readonly<Record<Expected, (root: Expression) => Expression>> = {
  condition: requireCondition,
  number: (root) => {
    if (root.type.kind === 'number') return root;
    if (root.type.kind === 'any') return { kind: 'asNumber', operand: root, type: NUMBER, position: root.position };
    throw new Refusal(`the aggregate takes a number, not ${inWords(root.type)},`, root);
  },
  scalar: (root) => {
    const { kind } = root.type;
    if (kind === 'timestamp' || kind === 'duration')
      throw new Refusal(
        `the aggregate takes text, a number, true or false, not ${inWords(root.type)}: use string(…),`,
        root,
      );
    if (kind === 'list' || kind === 'map' || kind === 'null')
      throw new Refusal(`the aggregate takes text, a number, true or false, not ${inWords(root.type)},`, root);
    return root;
  },
};
