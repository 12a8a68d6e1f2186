/** Runs before every test file: on an older Node the suite would fail in ways that explain nothing. */
if (Number.parseInt(process.versions.node, 10) < 26) {
  throw new Error(
    `The tests need Node 26 or later and run on ${process.version}. ` +
      'Install with `npm ci` (install scripts allowed), which brings its own, and start them with `npm test`.',
  );
}
