import { badRequest, exchangeError } from './errors.ts';

/** Above the longest batch that any tier's bucket holds. */
export const BODY_BYTES_MAX = 8 * 1024 * 1024;

/** The whole body. Throws the venue's 413 when it is too long, before more of it is kept, and 400 when it breaks off. */
export async function bodyText(request: Request): Promise<string> {
  const { headers } = request;
  if (Number(headers.get('content-length') ?? 0) > BODY_BYTES_MAX) throw tooLong();
  try {
    // A length that was told is kept to by the server; in memory there is none, and the text is there already.
    return headers.get('transfer-encoding') === null ? await request.text() : await countedText(request);
  } catch (error) {
    if (error instanceof TooLong) throw tooLong();
    throw badRequest('unexpected EOF');
  }
}

class TooLong extends Error {}

function tooLong(): Error {
  return exchangeError(413, 'request_too_large', `a body holds at most ${BODY_BYTES_MAX} bytes`);
}

async function countedText(request: Request): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new TooLong();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
