/**
 * Keys and signatures. A request is signed as base64(signature of `timestampMs + METHOD + path`), the path without its
 * query. A key's text never reaches an error or a log.
 */
import { constants, createPrivateKey, type KeyObject, sign as signBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { BothsidesError } from '../../domain/errors.ts';
import type { UnixMs } from '../../domain/units.ts';

/** Signs the text of a request; base64. A promise where the work happens off the event loop. */
export interface Signer {
  sign(text: string): string | Promise<string>;
}

const FORMS = 'The key must be an unencrypted RSA or Ed25519 private key in PEM form, as the exchange gave it.';
const signOnThreadPool = promisify(signBytes);

/** The PEM text of a key given as a path, or as PEM text whose newlines may be written `\n`. */
export function readKey(pathOrPem: string): string {
  if (pathOrPem.includes('-----BEGIN')) return pathOrPem.replaceAll('\\n', '\n');
  try {
    return readFileSync(pathOrPem, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    // A mistyped variable may hold key material, so only something that looks like a path is repeated.
    const what = /^[\w./~ -]{1,255}$/.test(pathOrPem) && pathOrPem.includes('/') ? `"${pathOrPem}"` : 'the key file';
    throw new BothsidesError('CREDENTIALS_UNREADABLE', `Cannot read ${what} (${reason}).`, {
      remedy: 'Set KALSHI_PRIVATE_KEY to the path of the PEM file, or to the PEM text itself.',
    });
  }
}

/** A signer for a PEM text. The header does not tell the type of the key (PKCS#8), so the parsed key is asked. */
export function createSigner(keyText: string): Signer {
  const key = parsePem(keyText);
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return rsaSigner(key);
    case 'ed25519':
      return { sign: (text) => signBytes(null, Buffer.from(text), key).toString('base64') };
    default:
      throw new BothsidesError('CREDENTIALS_UNREADABLE', `The key is of type ${key.asymmetricKeyType}.`, {
        remedy: FORMS,
      });
  }
}

function parsePem(keyText: string): KeyObject {
  try {
    return createPrivateKey(readKey(keyText));
  } catch (error) {
    if (error instanceof BothsidesError) throw error;
    // The parser's own error is not attached: nothing of what it read may surface.
    throw new BothsidesError('CREDENTIALS_UNREADABLE', 'The private key cannot be parsed.', { remedy: FORMS });
  }
}

/** RSA-PSS costs 0.25 ms of computing: on the thread pool the event loop pays a tenth of it. */
function rsaSigner(key: KeyObject): Signer {
  const options = {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  return {
    sign: async (text) => (await signOnThreadPool('sha256', Buffer.from(text), options)).toString('base64'),
  };
}

/** The headers of a signed request or handshake. `path` is the full path from the root, without query. */
export async function signedHeaders(
  keyId: string,
  signer: Signer,
  request: { readonly atMs: UnixMs; readonly method: string; readonly path: string },
): Promise<Record<string, string>> {
  const signed = signer.sign(`${request.atMs}${request.method}${request.path}`);
  return {
    'KALSHI-ACCESS-KEY': keyId,
    'KALSHI-ACCESS-TIMESTAMP': String(request.atMs),
    'KALSHI-ACCESS-SIGNATURE': typeof signed === 'string' ? signed : await signed,
  };
}
