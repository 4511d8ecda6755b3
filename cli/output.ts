// --output json|text, which every command has.
import { Option, type Command } from 'commander';

export interface OutputOptions {
  readonly output: 'text' | 'json';
}

export function outputOption(command: Command): Command {
  return command.addOption(
    new Option('--output <format>', 'form of the output').choices(['text', 'json']).default('text'),
  );
}
