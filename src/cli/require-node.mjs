// Plain JavaScript, so that a Node too old to read TypeScript can still say what to do.
if (Number.parseInt(process.versions.node, 10) < 26) {
  process.stderr.write(
    `bothsides: This needs Node 26 or later and runs on ${process.version}. ` +
      'Install with `npm ci` (install scripts allowed), which brings its own, and start with `npm run`. [USAGE]\n',
  );
  process.exit(2);
}
