// Lines of a stream as they come: all that a chunk completes at once, so that a slow source is not held up and a fast one not cut small.

/** Batches of lines without their ends; empty lines are left out. The stream's chunks must be text. */
export async function* lineBatches(stream: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    const filled = lines.filter((line) => line.trim() !== '');
    if (filled.length > 0) yield filled;
  }
  if (rest.trim() !== '') yield [rest];
}
