// The syntax tree of a filter, reduced to what this release evaluates. Produced by parseWhere, compiled by the runtime.

export type Scalar = string | number | boolean | null;

export interface FieldOperand {
  readonly kind: 'field';
  /** Path into the record's JSON value: `type`, `user.country`. */
  readonly path: string;
  /** 1-based character in the text of the expression. */
  readonly position: number;
}

export interface LiteralOperand {
  readonly kind: 'literal';
  readonly value: Scalar;
  readonly position: number;
}

export type Operand = FieldOperand | LiteralOperand;

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** What is true, false or an error for a record; CEL's rules for errors apply (`&&` and `||` absorb them, either side). */
export type Predicate =
  | { readonly kind: 'compare'; readonly operator: ComparisonOperator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'in'; readonly item: Operand; readonly list: readonly Scalar[] }
  /** `has(parent.name)`: an error unless the parent is an object. */
  | { readonly kind: 'has'; readonly parent: string; readonly path: string }
  /** A field or literal that is itself the condition. */
  | { readonly kind: 'truth'; readonly operand: Operand }
  | { readonly kind: 'not'; readonly operand: Predicate }
  | { readonly kind: 'and' | 'or'; readonly left: Predicate; readonly right: Predicate };

/** Every field path that evaluation reads, without duplicates, in the order of the text. */
export function fieldsOf(predicate: Predicate): string[] {
  const paths = new Set<string>();
  const operand = (one: Operand): void => {
    if (one.kind === 'field') paths.add(one.path);
  };
  const visit = (one: Predicate): void => {
    switch (one.kind) {
      case 'compare':
        operand(one.left);
        operand(one.right);
        break;
      case 'in':
        operand(one.item);
        break;
      case 'has':
        paths.add(one.parent).add(one.path);
        break;
      case 'truth':
        operand(one.operand);
        break;
      case 'not':
        visit(one.operand);
        break;
      case 'and':
      case 'or':
        visit(one.left);
        visit(one.right);
        break;
      default:
        one satisfies never;
    }
  };
  visit(predicate);
  return [...paths];
}
