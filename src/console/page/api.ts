/** Questions to the server that are asked once: JSON in, JSON out, the operator's token along when there is one. */
import { token } from './token.ts';

/** What the server said when it did not answer the question, as a sentence for a person. */
export class ApiError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, signal === undefined ? {} : { signal });
}

export async function postJson<T>(path: string, body: unknown): Promise<T> {
  return ask<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  const headers = new Headers(init.headers);
  if (token.value !== null) headers.set('authorization', `Bearer ${token.value}`);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new ApiError('NOT_REACHED', 'The trader does not answer.');
  }
  const text = await response.text();
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new ApiError('NOT_JSON', `The trader answered ${response.status} with something that is no JSON.`);
  }
  if (response.ok) return answer as T;
  const { error } = answer as { error?: { code?: string; message?: string } };
  throw new ApiError(error?.code ?? String(response.status), error?.message ?? `Answered with ${response.status}.`);
}
