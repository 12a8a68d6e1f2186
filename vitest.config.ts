import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/support/require-node.ts'],
    testTimeout: 30_000,
    // Two cores: a worker each, and no isolation cost paid twice.
    maxWorkers: 2,
  },
});
