/** Where the process begins: `node src/cli/main.ts <command>`. The version of Node is checked before anything loads. */
import './require-node.mjs';

const { run } = await import('./entry.ts');
await run(process.argv.slice(2));
