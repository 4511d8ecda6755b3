// The math of expressions that is more than an operator.

/** Half away from zero, as in CEL; JavaScript rounds half up. */
export function round(value: number): number {
  const rounded = Math.round(Math.abs(value));
  // From 2^52 on every double is an integer, and adding a half would move it.
  const magnitude = Math.abs(value) >= 2 ** 52 ? Math.abs(value) : rounded;
  return value < 0 ? 0 - magnitude : magnitude;
}

/** Functions of one number. */
export const MATH: ReadonlyMap<string, (value: number) => number> = new Map([
  ['math.abs', Math.abs],
  ['math.ceil', Math.ceil],
  ['math.floor', Math.floor],
  ['math.round', round],
  ['math.trunc', Math.trunc],
  ['math.sign', Math.sign],
  ['math.sqrt', Math.sqrt],
]);

/** Without its fraction; NaN when it is no integer that a double holds exactly. */
export function roundToInteger(value: number): number {
  const whole = Math.trunc(value);
  return Number.isSafeInteger(whole) ? whole + 0 : Number.NaN;
}
