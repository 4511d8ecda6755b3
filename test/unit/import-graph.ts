// Which file imports which, read from the sources: every form of import and re-export, also of types alone.
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { type Token, tokensOf } from './source-tokens.ts';

export interface ImportSite {
  /** Null when a dynamic import's specifier is computed. */
  readonly specifier: string | null;
  /** `import type` and `export type`: gone when the program runs. `import { type A }` still loads the file. */
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface Edge {
  readonly from: string;
  /** Path of a file of the project, `node:name` of Node's own, or the name of a package; null when it is computed. */
  readonly to: string | null;
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Sources by path, relative to the project with forward slashes. */
export type Sources = Readonly<Record<string, string>>;

export function importsOf(source: string): ImportSite[] {
  const tokens = tokensOf(source);
  const sites: ImportSite[] = [];
  tokens.forEach((token, index) => {
    const isStatement = token.kind === 'name' && tokens[index - 1]?.value !== '.';
    if (!isStatement) return;
    if (token.value === 'import') sites.push(...importAt(tokens, index));
    if (token.value === 'export') sites.push(...exportAt(tokens, index));
  });
  return sites;
}

export function edgesOf(sources: Sources): Edge[] {
  return Object.entries(sources).flatMap(([from, source]) =>
    importsOf(source).map(({ specifier, typeOnly, line }) => ({
      from,
      to: specifier === null ? null : target(from, specifier),
      typeOnly,
      line,
    })),
  );
}

function importAt(tokens: readonly Token[], index: number): ImportSite[] {
  const { line } = tokens[index] as Token;
  const next = tokens[index + 1];
  if (next?.kind === 'text') return [{ specifier: next.value, typeOnly: false, line }];
  if (next?.value === '(') {
    const argument = tokens[index + 2];
    const isPlain = argument?.kind === 'text' && [')', ','].includes(tokens[index + 3]?.value ?? '');
    const typeOnly = tokens[index - 1]?.value === 'typeof';
    return [{ specifier: isPlain ? argument.value : null, typeOnly, line }];
  }
  if (next?.kind !== 'name' && next?.value !== '{' && next?.value !== '*') return [];
  // `import type from './a.ts'` imports a value that is called type.
  const typeOnly = next.value === 'type' && tokens[index + 2]?.value !== 'from' && tokens[index + 2]?.value !== ',';
  return fromClause(tokens, index + 1, { typeOnly, line });
}

function exportAt(tokens: readonly Token[], index: number): ImportSite[] {
  const { line } = tokens[index] as Token;
  const typeOnly = tokens[index + 1]?.value === 'type';
  const start = typeOnly ? index + 2 : index + 1;
  const opening = tokens[start];
  if (opening?.kind !== 'sign') return [];
  if (opening.value === '*') return fromClause(tokens, start, { typeOnly, line });
  if (opening.value !== '{') return [];
  const end = tokens.findIndex((token, at) => at > start && token.kind === 'sign' && token.value === '}');
  return tokens[end + 1]?.value === 'from' ? fromClause(tokens, end, { typeOnly, line }) : [];
}

/** The text after the next `from`; a name `from` inside the braces is not followed by one. */
function fromClause(tokens: readonly Token[], start: number, site: Omit<ImportSite, 'specifier'>): ImportSite[] {
  for (let at = start; at < tokens.length && tokens[at]?.value !== ';' && tokens[at]?.value !== '='; at++) {
    const specifier = tokens[at + 1];
    if (tokens[at]?.value === 'from' && tokens[at]?.kind === 'name' && specifier?.kind === 'text')
      return [{ ...site, specifier: specifier.value }];
  }
  return [];
}

function target(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  const parts = specifier.replace(/^node:/, '').split('/');
  if (isBuiltin(specifier)) return `node:${parts[0] ?? ''}`;
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
