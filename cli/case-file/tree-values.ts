// What a tree is as a value: plain JavaScript for the validation of a job, exact JSON text for records, comparable values for rows.
import { exactNumber, type RowValue } from './row-value.ts';
import type { ScalarTree, Tree } from './yaml-tree.ts';

const JSON_NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/;

export function toPlain(tree: Tree): unknown {
  if (tree.kind === 'list') return tree.items.map(toPlain);
  if (tree.kind === 'map')
    return Object.fromEntries(
      tree.entries.map(({ key, isBoolean, value }) => [
        isBoolean ? String(/^(y|yes|true|on)$/i.test(key)) : key,
        toPlain(value),
      ]),
    );
  return tree.value;
}

/** Numbers keep the digits in which they are written, if JSON has them so. */
export function toJson(tree: Tree): string {
  if (tree.kind === 'list') return `[${tree.items.map(toJson).join(',')}]`;
  if (tree.kind === 'map')
    return `{${tree.entries.map(({ key, value }) => `${JSON.stringify(key)}:${toJson(value)}`).join(',')}}`;
  return typeof tree.value === 'number' ? numberText(tree) : JSON.stringify(tree.value);
}

export function toRowValue(tree: Tree): RowValue {
  if (tree.kind === 'list') return tree.items.map(toRowValue);
  if (tree.kind === 'map') return Object.fromEntries(tree.entries.map(({ key, value }) => [key, toRowValue(value)]));
  return typeof tree.value === 'number' ? exactNumber(numberText(tree)) : tree.value;
}

/** Digits of a number as JSON writes them. */
export function numberText({ value, source }: ScalarTree): string {
  return JSON_NUMBER.test(source) ? source : JSON.stringify(value);
}
