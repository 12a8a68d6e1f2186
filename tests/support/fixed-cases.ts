/**
 * Runs before every test file. The short form tries the same cases each time, so that it says the same of the same code;
 * the long form draws new ones, and fast-check prints the seed of what it finds (which then becomes a fixed case).
 */
import fc from 'fast-check';

if (process.env.BOTHSIDES_LONG !== '1') fc.configureGlobal({ seed: 20_261_121 });
