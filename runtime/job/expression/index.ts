// Expressions compiled: the only door to this folder.
export { compileCondition, compileValue } from './compile.ts';
export {
  type Condition,
  FAILED,
  NO,
  VALUE_BOOLEAN,
  VALUE_ERROR,
  VALUE_NULL,
  VALUE_NUMBER,
  VALUE_TEXT,
  YES,
} from './outcome.ts';
export { type ValueReader } from './value-reader.ts';
