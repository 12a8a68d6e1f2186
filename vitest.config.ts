import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/support/require-node.ts', 'tests/support/fixed-cases.ts'],
    testTimeout: 30_000,
    // Two cores: a worker each, and the modules are loaded once in it: no test leaves a trace in one.
    maxWorkers: 2,
    isolate: false,
  },
});
