// Names that CEL's grammar has no letters for: `$key`, `$partition`, `$timestamp`, `$headers`, and names in backquotes. Each is replaced
// by an identifier of the same length before parsing, so that every position stays right, and found again by where it stands.
import { nearest } from '../suggest.ts';
import { Refusal } from './refusal.ts';
import { ANY, NUMBER, TEXT, type ValueType } from './value-type.ts';

export const HEADERS = '$headers';
const HEADER_PREFIX = `${HEADERS}.`;

/** What a record has besides its value. */
const RECORD_FIELDS: ReadonlyMap<string, ValueType> = new Map([
  ['$key', TEXT],
  ['$partition', NUMBER],
  ['$timestamp', NUMBER],
]);

const NAMES = [...RECORD_FIELDS.keys(), HEADERS];

/** Whether a path leads to a header of the record; the header's name is all that follows the first dot. */
export function isHeaderPath(path: string): boolean {
  return path.startsWith(HEADER_PREFIX);
}

/** Whether a path is not one into the record's value. */
export function isRecordPath(path: string): boolean {
  return path.startsWith('$');
}

export function typeOfPath(path: string): ValueType {
  return RECORD_FIELDS.get(path) ?? (isHeaderPath(path) ? TEXT : ANY);
}

export interface MaskedText {
  /** As long as the original. */
  readonly text: string;
  /** 0-based start of an identifier → the name that really stands there. */
  readonly names: ReadonlyMap<number, string>;
}

/** Strings (raw ones, ones in triple quotes) and comments, which are left alone; then what is replaced. */
const TOKEN =
  /\/\/[^\n]*|"""(?:\\[^]|[^\\])*?"""|'''(?:\\[^]|[^\\])*?'''|"(?:\\[^]|[^\\"])*"|'(?:\\[^]|[^\\'])*'|\$[A-Za-z0-9_]*|`[^`\n]*`/g;

/** @throws Refusal for a `$name` that a record does not have, and for backquotes around what is no name. */
export function maskNames(text: string): MaskedText {
  const names = new Map<number, string>();
  const masked = text.replace(TOKEN, (token, start: number) => {
    const at = { position: start + 1 };
    if (token.startsWith('$')) {
      if (!NAMES.includes(token)) throw unknownName(token, at);
      names.set(start, token);
      return `_${token.slice(1)}`;
    }
    if (!token.startsWith('`')) return token;
    const name = token.slice(1, -1);
    if (name === '' || name.includes('.') || name.startsWith('$')) {
      throw new Refusal(`backquotes must hold one name without dots, such as \`user-id\`, not ${token},`, at);
    }
    names.set(start, name);
    return '_'.repeat(token.length);
  });
  return { text: masked, names };
}

function unknownName(token: string, at: { readonly position: number }): Refusal {
  const near = nearest(token, NAMES);
  const hint =
    near === null ? `known are ${NAMES.slice(0, -1).join(', ')} and ${HEADERS}.<name>` : `did you mean ${near}?`;
  return new Refusal(`a record has no ${token} (${hint})`, at);
}
