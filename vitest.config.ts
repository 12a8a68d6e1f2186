import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What starts browsers and processes, and what lives through most virtual time, comes first: nobody waits for it in the end. */
const LONGEST = ['/crash/points', '/browser/', '/cli/', '/crash/', '/mutants/', '/simulation/', '/runtime/'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((part) => moduleId.includes(part));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/support/require-node.ts', 'tests/support/fixed-cases.ts'],
    testTimeout: 30_000,
    // Two cores: a worker each, and the modules are loaded once in it: no test leaves a trace in one.
    maxWorkers: 2,
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // Node loads the tests as it loads the product: types are stripped, nothing is transformed.
    experimental: { viteModuleRunner: false },
  },
});
