import { expect, test } from 'vitest';
import { workerStatus } from '../testing/job-fixtures.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { type ScrapeTarget, Scraper } from './scraper.ts';

const target = (pod: string, key = 'n/j'): ScrapeTarget => ({ key, pod, url: `http://${pod}/status` });

function setUp(answers: Map<string, string>): { scraper: Scraper; news: string[]; targets: ScrapeTarget[] } {
  const news: string[] = [];
  const targets = [...answers.keys()].map((pod) => target(pod));
  const scraper = new Scraper({
    clock: new VirtualClock(),
    targets: () => targets,
    fetchText: (url) => {
      const text = answers.get(new URL(url).hostname);
      return text === undefined ? Promise.reject(new Error('refused')) : Promise.resolve(text);
    },
    onNews: (key) => news.push(key),
  });
  return { scraper, news, targets };
}

const never = new AbortController().signal;

test('keeps the last answer of each worker, and tells only of what matters at once', async () => {
  const answers = new Map([['a', JSON.stringify(workerStatus())]]);
  const { scraper, news } = setUp(answers);
  await scraper.round(never);
  answers.set('a', JSON.stringify(workerStatus({ lag: { records: 7, worstPartition: null } })));
  await scraper.round(never);
  expect(news).toEqual(['n/j']);
  answers.set('a', JSON.stringify(workerStatus({ live: false })));
  await scraper.round(never);
  expect(news).toEqual(['n/j', 'n/j']);
  expect(scraper.of('n/j').map((view) => [view.pod, view.status?.live])).toEqual([['a', false]]);
});

test('a worker that does not answer, or answers nonsense, keeps its last answer and its age', async () => {
  const answers = new Map([['a', JSON.stringify(workerStatus())]]);
  const { scraper } = setUp(answers);
  await scraper.round(never);
  const before = scraper.of('n/j');
  for (const nonsense of ['<html>', '{}', '{"v":2}']) {
    answers.set('a', nonsense);
    await scraper.round(never);
  }
  answers.delete('a');
  await scraper.round(never);
  expect(scraper.of('n/j')).toEqual(before);
});

test('a worker that is gone is forgotten', async () => {
  const { scraper, targets } = setUp(new Map([['a', JSON.stringify(workerStatus())]]));
  await scraper.round(never);
  targets.length = 0;
  await scraper.round(never);
  expect(scraper.of('n/j')).toEqual([]);
});
