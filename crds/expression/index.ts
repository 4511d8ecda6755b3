// Expressions of the contract: what validation checks and the runtime compiles.
export {
  type ComparisonOperator,
  type Predicate,
  type FieldOperand,
  fieldsOf,
  type LiteralOperand,
  type Operand,
  type Scalar,
} from './predicate.ts';
export { type ParsedWhere, parseWhere } from './parse-where.ts';
