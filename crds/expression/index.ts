// Expressions of the contract: what validation checks and the runtime compiles.
export {
  type ArithmeticOperator,
  type ComparisonOperator,
  type Expression,
  type ExpressionOf,
  type MacroName,
  type Scalar,
  fieldsOf,
  partsOf,
} from './expression.ts';
export { FUNCTIONS, MACROS } from './functions.ts';
export { type Expected, type ParsedExpression, parseExpression } from './parse-expression.ts';
export { type Pattern, compilePattern } from './pattern.ts';
export {
  MAX_TIMESTAMP_MS,
  MIN_TIMESTAMP_MS,
  durationTextMs,
  timestampMs,
  zoneOffsetMs,
} from './time.ts';
export { type TypeKind, type ValueType } from './value-type.ts';
