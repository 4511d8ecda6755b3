// What evaluating an expression can come to.

// Values of a condition.
export const NO = 0;
export const YES = 1;
/** It could not be evaluated: a field is missing, or a type has no meaning there. */
export const FAILED = 2;
/** The same, because of what is null or absent; told apart only where an expression is an aggregate's input. */
export const MISSING = 3;

/** `NO`, `YES` or `FAILED` (as the input of an aggregate also `MISSING`) for the record whose fields are in the slots. */
export type Condition = (buffer: Buffer) => number;

// Outcomes of reading a value.
/** Null, or it depends on a field that is null or absent. */
export const VALUE_NULL = 0;
export const VALUE_NUMBER = 1;
export const VALUE_TEXT = 2;
export const VALUE_BOOLEAN = 3;
/** A type that has no meaning there. */
export const VALUE_ERROR = 4;
