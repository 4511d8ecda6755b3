// One vitest project per kind of test, so that each make target runs just its own.
import { defineConfig } from 'vitest/config';

const project = (
  name: string,
  include: string[],
  more: { testTimeout?: number; hookTimeout?: number; globalSetup?: string } = {},
) => ({
  test: { name, include, environment: 'node' as const, testTimeout: 20_000, hookTimeout: 60_000, ...more },
});

// Real servers that the test files share.
const globalSetup = 'test/harness/global-setup.ts';

export default defineConfig({
  test: {
    projects: [
      project('unit', [
        '{runtime,operator,crds,cli}/**/*.test.ts',
        'test/unit/**/*.test.ts',
        'test/harness/**/*.test.ts',
      ]),
      project('golden', ['test/golden/**/*.test.ts']),
      project('simulation', ['test/simulation/**/*.test.ts'], { testTimeout: 120_000 }),
      project('integration', ['test/integration/**/*.test.ts'], {
        globalSetup,
        testTimeout: 180_000,
        hookTimeout: 300_000,
      }),
      project('e2e', ['test/e2e/**/*.test.ts'], { globalSetup, testTimeout: 900_000, hookTimeout: 2_700_000 }),
    ],
  },
});
