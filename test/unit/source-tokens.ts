// The words of a TypeScript source without its comments: enough of a scanner to judge imports and calls, so that what a comment or a
// string says is never taken for code.

export interface Token {
  /** A `text` is a string or template without `${}`; its `value` is what stands between the quotes, as written. */
  readonly kind: 'name' | 'text' | 'sign';
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

const NAME = /[\p{ID_Start}$_#\d][\p{ID_Continue}$]*/uy;
const TEXT = /'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*"/y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const COMMENT = /\/\/[^\n]*|\/\*[^]*?\*\//y;
const TEMPLATE_PART = /(?:[^`\\$]|\\[^]|\$(?!\{))*/y;

/** After one of these words a slash begins a regular expression; after any other it divides. */
const BEFORE_AN_OPERAND = new Set([
  'await',
  'case',
  'delete',
  'do',
  'else',
  'in',
  'instanceof',
  'new',
  'of',
  'return',
  'throw',
  'typeof',
  'void',
  'yield',
]);

/** @throws Error when a template does not end. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  // For every template that is open: how many braces are open inside its current `${`.
  const templates: number[] = [];
  let at = 0;
  let line = 1;

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const take = (text: string): void => {
    at += text.length;
    for (const char of text) if (char === '\n') line++;
  };
  const push = (kind: Token['kind'], value: string, taken: string): void => {
    tokens.push({ kind, value, line });
    take(taken);
  };
  /** At the first character after a backtick, or after the brace that ends a `${}`. */
  const templatePart = (isFirst: boolean): void => {
    const part = match(TEMPLATE_PART) ?? '';
    const end = source[at + part.length];
    if (end === undefined) throw new Error(`line ${line}: the template does not end`);
    if (end === '`') {
      if (isFirst) push('text', part, part);
      else take(part);
      take('`');
      return;
    }
    take(`${part}\${`);
    templates.push(0);
  };

  while (at < source.length) {
    const char = source[at] ?? '';
    const skipped = match(/\s+/y) ?? match(COMMENT);
    if (skipped !== undefined) {
      take(skipped);
      continue;
    }
    const name = match(NAME);
    const text = match(TEXT);
    const regex = char === '/' && operandMayFollow(tokens.at(-1)) ? match(REGEX) : undefined;
    if (name !== undefined) push('name', name, name);
    else if (text !== undefined) push('text', text.slice(1, -1), text);
    else if (regex !== undefined) push('sign', 'regex', regex);
    else if (char === '`') {
      take(char);
      templatePart(true);
    } else if (char === '}' && templates.at(-1) === 0) {
      templates.pop();
      take(char);
      templatePart(false);
    } else {
      const depth = templates.length - 1;
      if (char === '{' && depth >= 0) templates[depth] = (templates[depth] ?? 0) + 1;
      if (char === '}' && depth >= 0) templates[depth] = (templates[depth] ?? 0) - 1;
      push('sign', char, char);
    }
  }
  return tokens;
}

function operandMayFollow(last: Token | undefined): boolean {
  if (last === undefined) return true;
  if (last.kind === 'name') return BEFORE_AN_OPERAND.has(last.value);
  return last.kind === 'sign' && ![')', ']', '}', 'regex'].includes(last.value);
}
