// Plain JavaScript, so that a Node too old to read TypeScript can still say what to do.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

if (Number.parseInt(process.versions.node, 10) < 26) {
  process.stderr.write(
    `bothsides: This needs Node 26 or later and runs on ${process.version}. ` +
      'Install with `npm ci` (install scripts allowed), which brings its own, and start with `npm run`. [USAGE]\n',
  );
  process.exit(2);
}
// Types are stripped and modules compiled once for an installation, not at each start. Where that folder cannot be
// written, a start takes a little longer.
module.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url)));
