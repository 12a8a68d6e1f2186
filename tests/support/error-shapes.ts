/** The venue's ways of saying no: three shapes and a fourth for too many requests. */

type Fields = Record<string, unknown>;

export function isVenueError(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
  const { error, msg, ...rest } = body as Fields;
  const isAlone = Object.keys(rest).length === 0;
  if (error === undefined && msg === undefined) return isDetail(rest);
  if (msg !== undefined) return typeof msg === 'string' && error === undefined && isAlone;
  return isAlone && (error === 'too many requests' || isDetail(error));
}

function isDetail(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { code, message, details, ...rest } = value as Fields;
  const isText = typeof code === 'string' && code !== '' && typeof message === 'string';
  return isText && ['string', 'undefined'].includes(typeof details) && Object.keys(rest).length === 0;
}
