// The syntax tree of an expression: CEL's, checked, with paths of fields, calls and macros resolved. Produced by parseExpression,
// compiled by the runtime.
import type { ValueType } from './value-type.ts';

export type Scalar = string | number | boolean | null;
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
export type MacroName = 'all' | 'exists' | 'exists_one' | 'filter' | 'map';

export type Expression = {
  /** 1-based character in the text. */
  readonly position: number;
  readonly type: ValueType;
} & ExpressionNode;

export type ExpressionOf<K extends ExpressionNode['kind']> = Extract<Expression, { kind: K }>;

type ExpressionNode =
  | { readonly kind: 'literal'; readonly value: Scalar }
  /** Path into the record's JSON value (`type`, `user.country`), or `$key`, `$partition`, `$timestamp`, `$headers.<name>`. */
  | { readonly kind: 'field'; readonly path: string }
  /** The variable of a macro around it. */
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'select'; readonly operand: Expression; readonly name: string }
  | { readonly kind: 'index'; readonly operand: Expression; readonly index: Expression }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [key: Expression, value: Expression])[] }
  | { readonly kind: 'not' | 'negate'; readonly operand: Expression }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'compare';
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'in'; readonly item: Expression; readonly list: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'conditional';
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  /** Whether a field is there. `parent`: what must be an object for the question to have an answer; null: the record itself. */
  | { readonly kind: 'hasField'; readonly parent: string | null; readonly path: string }
  | { readonly kind: 'has'; readonly operand: Expression; readonly name: string }
  /** A function of the table; what a method is called on is the first argument. */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  /** `body`: the condition, or what `map` makes of an item; `filter`: the condition of a map with three arguments. */
  | {
      readonly kind: 'macro';
      readonly name: MacroName;
      readonly list: Expression;
      readonly variable: string;
      readonly filter: Expression | null;
      readonly body: Expression;
    }
  /** The operand, which must turn out to be a number. */
  | { readonly kind: 'asNumber'; readonly operand: Expression };

/** The parts that an expression is made of, in the order of the text. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'field':
    case 'variable':
    case 'hasField':
      return [];
    case 'select':
    case 'not':
    case 'negate':
    case 'has':
    case 'asNumber':
      return [expression.operand];
    case 'index':
      return [expression.operand, expression.index];
    case 'list':
      return expression.items;
    case 'map':
      return expression.entries.flat();
    case 'arithmetic':
    case 'compare':
    case 'and':
    case 'or':
      return [expression.left, expression.right];
    case 'in':
      return [expression.item, expression.list];
    case 'conditional':
      return [expression.condition, expression.yes, expression.no];
    case 'call':
      return expression.args;
    case 'macro':
      return [expression.list, ...(expression.filter === null ? [] : [expression.filter]), expression.body];
    default:
      return expression satisfies never;
  }
}

/** Every field path that evaluation reads, without duplicates, in the order of the text. */
export function fieldsOf(expression: Expression): string[] {
  const paths = new Set<string>();
  const visit = (one: Expression): void => {
    if (one.kind === 'field') paths.add(one.path);
    if (one.kind === 'hasField') {
      if (one.parent !== null) paths.add(one.parent);
      paths.add(one.path);
    }
    for (const part of partsOf(one)) visit(part);
  };
  visit(expression);
  return [...paths];
}
