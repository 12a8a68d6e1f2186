/** Where the page begins. */
import { render } from 'preact';
import './base.css';
import './shell.css';
import { connect } from './live.ts';
import { Shell } from './shell.tsx';
import { takeToken } from './token.ts';

// First of all: nobody should read it off the address bar, or keep it in a bookmark.
takeToken();
// The address of a later run may be opened where an earlier one is looked at: then only the fragment changes.
window.addEventListener('hashchange', takeToken, { capture: true });
render(<Shell />, document.getElementById('page')!);
connect();
