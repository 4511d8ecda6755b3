// Examples in the documentation that are test files: fenced blocks of YAML whose first line is `# runnable`.

export interface RunnableExample {
  /** Line of the document on which the text begins, from 1. */
  readonly firstLine: number;
  readonly text: string;
}

const FENCE = /^( *)```yaml\s*$/;

export function runnableExamples(markdown: string): readonly RunnableExample[] {
  const lines = markdown.split('\n');
  const examples: RunnableExample[] = [];
  for (let at = 0; at < lines.length; at++) {
    const indent = FENCE.exec(lines[at] ?? '')?.[1];
    if (indent === undefined) continue;
    const first = at + 1;
    while (at < lines.length && lines[at + 1]?.trim() !== '```') at++;
    const block = lines.slice(first, at + 1).map((line) => line.slice(indent.length));
    if (block[0]?.trim() === '# runnable') examples.push({ firstLine: first + 1, text: block.join('\n') });
  }
  return examples;
}
