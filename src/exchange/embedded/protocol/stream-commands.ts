/** A client's commands on the stream: read with the venue's strictness about types, and refused by its error codes. */
import { named, type Ticker } from '../../../domain/ids.ts';
import { STREAM_ERRORS, type StreamErrorCode } from './channels.ts';

export type Params = Readonly<Record<string, unknown>>;

export interface Command {
  /** 0: none. */
  readonly id: number;
  readonly cmd: string;
  readonly params: Params | null;
}

/** A command that cannot be done, with the stream's error code and what it concerns. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: StreamErrorCode;
  readonly about: { readonly market_ticker?: string; readonly market_id?: string };
  constructor(code: StreamErrorCode, about: CommandError['about'] = {}) {
    super(STREAM_ERRORS[code]);
    this.code = code;
    this.about = about;
  }
}

/** A text of this length cannot hold enough to be weighed first. */
const PLAIN_LENGTH_MAX = 65_536;
/** No command is nested deeper, or has more values, than these by far. */
const DEPTH_MAX = 64;
const VALUES_MAX = 2_000_000;

/** Throws CommandError 1 for whatever is no command. */
export function parseCommand(text: string): Command {
  if (text.length > PLAIN_LENGTH_MAX && isTooMuch(text)) throw new CommandError(1);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CommandError(1);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new CommandError(1);
  const fields = value as Record<string, unknown>;
  const id = fields.id ?? 0;
  const cmd = fields.cmd ?? '';
  const params = fields.params ?? null;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) throw new CommandError(1);
  if (typeof cmd !== 'string') throw new CommandError(1);
  if (params !== null && (typeof params !== 'object' || Array.isArray(params))) throw new CommandError(1);
  return { id, cmd, params: params as Params | null };
}

/**
 * Whether parsing it would take memory out of all proportion: a frame of brackets becomes forty times its size. Looks at
 * every character once and keeps nothing.
 */
function isTooMuch(text: string): boolean {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = endOfString(text, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        values++;
        if (++depth > DEPTH_MAX) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case 0x2c: // ,
        values++;
        break;
    }
    if (values > VALUES_MAX) return true;
  }
  return false;
}

/** Where the quotation mark stands that ends the string beginning at `start`; the text's end if none does. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at;
  }
  return text.length;
}

export function requireParams(params: Params | null): Params {
  if (params === null) throw new CommandError(2);
  return params;
}

export function readFlag(params: Params, name: string): boolean {
  const value = params[name] ?? false;
  if (typeof value !== 'boolean') throw new CommandError(1);
  return value;
}

export function readChannels(params: Params): readonly string[] {
  const channels = params.channels ?? [];
  if (!isTextList(channels)) throw new CommandError(1);
  if (channels.length === 0) throw new CommandError(3);
  return channels;
}

/** The subscriptions to end, at least one. */
export function readSids(params: Params): readonly number[] {
  const sids = params.sids ?? [];
  if (!Array.isArray(sids) || !sids.every(Number.isInteger)) throw new CommandError(1);
  if (sids.length === 0) throw new CommandError(4);
  return sids;
}

/** The subscription to change: `sid`, or `sids` with one member. */
export function readSid(params: Params): number {
  const sids = params.sids ?? [];
  const sid = params.sid ?? null;
  if (!Array.isArray(sids)) throw new CommandError(1);
  const all = sid === null ? sids : [sid, ...sids];
  if (!all.every(Number.isInteger)) throw new CommandError(1);
  if (all.length !== 1) throw new CommandError(12);
  return all[0];
}

export type Action = 'add_markets' | 'delete_markets' | 'get_snapshot';

export function readAction(params: Params): Action {
  const action = params.action ?? '';
  if (typeof action !== 'string') throw new CommandError(1);
  if (action === '') throw new CommandError(15);
  if (action !== 'add_markets' && action !== 'delete_markets' && action !== 'get_snapshot') throw new CommandError(13);
  return action;
}

/** What `communications` takes: its own filter, and a share of everything. Nothing speaks on it, so nothing is filtered. */
export function checkSharing(params: Params): void {
  const factor = readWhole(params, 'shard_factor');
  const key = readWhole(params, 'shard_key');
  if (factor === null) {
    if (key !== null) throw new CommandError(20);
  } else {
    if (factor <= 0) throw new CommandError(19);
    if (factor > 100) throw new CommandError(22);
    if (key !== null && (key < 0 || key >= factor)) throw new CommandError(21);
  }
  const filter = params.user_filter ?? '';
  if (typeof filter !== 'string') throw new CommandError(1);
  if (filter !== '' && filter !== 'self') throw new CommandError(11);
}

function readWhole(params: Params, name: string): number | null {
  const value = params[name] ?? null;
  if (value !== null && !Number.isInteger(value)) throw new CommandError(1);
  return value as number | null;
}

/** The markets that a command names, by ticker or by id, perhaps more than once. */
export interface NamedMarkets {
  readonly tickers: readonly Ticker[];
  readonly ids: readonly string[];
}

/** null: none. Throws CommandError 11 for one and many, tickers and ids, or a name that no market can have. */
export function readMarkets(params: Params): NamedMarkets | null {
  const tickers = readNames(params, 'market_ticker', 'market_tickers');
  const ids = readNames(params, 'market_id', 'market_ids');
  if (ids.length > 0 && tickers.length > 0) throw new CommandError(11);
  if (ids.length === 0 && tickers.length === 0) return null;
  return { tickers: tickers.map((name) => named<Ticker>(name)), ids };
}

const NAME_LENGTH_MAX = 128;

function readNames(params: Params, one: string, many: string): readonly string[] {
  const single = params[one] ?? null;
  const list = params[many] ?? null;
  if (single !== null && list !== null) throw new CommandError(11);
  const names = single !== null ? [single] : (list ?? []);
  if (!isTextList(names)) throw new CommandError(1);
  if (names.some((name) => name.length > NAME_LENGTH_MAX)) throw new CommandError(11);
  return names.filter((name) => name !== '');
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string');
}
