// Numbers from flags and environment variables.
import { CliError } from './cli-error.ts';

/** Throws CliError that names the flag, the rule and the value. */
export function integer(name: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw new CliError(2, `${name} must be an integer from ${min} to ${max}; got "${text}"`);
  return value;
}
