// One vitest project per kind of test, so that each make target runs just its own.
import { defineConfig } from 'vitest/config';

const project = (
  name: string,
  include: string[],
  more: { testTimeout?: number; hookTimeout?: number; globalSetup?: string; fileParallelism?: boolean } = {},
) => ({
  test: { name, include, environment: 'node' as const, testTimeout: 20_000, hookTimeout: 60_000, ...more },
});

// Real servers that the test files share; one file at a time, so that a small machine gives each what it needs.
const onRealServers = { globalSetup: 'test/harness/global-setup.ts', fileParallelism: false };

export default defineConfig({
  test: {
    projects: [
      project('unit', [
        '{runtime,operator,crds,cli,bench}/**/*.test.ts',
        'test/unit/**/*.test.ts',
        'test/harness/**/*.test.ts',
      ]),
      project('golden', ['test/golden/**/*.test.ts']),
      project('simulation', ['test/simulation/**/*.test.ts'], { testTimeout: 120_000 }),
      project('integration', ['test/integration/**/*.test.ts'], {
        ...onRealServers,
        testTimeout: 180_000,
        hookTimeout: 300_000,
      }),
      project('e2e', ['test/e2e/**/*.test.ts'], { ...onRealServers, testTimeout: 900_000, hookTimeout: 2_700_000 }),
    ],
  },
});
