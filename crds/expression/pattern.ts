// Patterns of `matches`: RE2's, so that no pattern takes more than linear time, whatever a record holds.
import { RE2JS, RE2JSException } from 're2js';

export type Pattern = Pick<RE2JS, 'test'>;

/** The compiled pattern, or what is wrong with it. */
export function compilePattern(text: string): Pattern | { readonly problem: string } {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    if (error instanceof RE2JSException) return { problem: error.message };
    throw error;
  }
}
