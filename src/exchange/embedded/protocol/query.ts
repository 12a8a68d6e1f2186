import { badRequest, invalidParameter } from './errors.ts';

/** A request's query, read with the venue's own complaints. `operation` names the call in them (`GetMarkets`). */
export class Query {
  readonly #operation: string;
  readonly #values: URLSearchParams;

  constructor(operation: string, values: URLSearchParams) {
    this.#operation = operation;
    this.#values = values;
  }

  text(name: string): string | null {
    return this.#values.get(name) || null;
  }

  /** Comma-separated, also repeated; null if absent. */
  list(name: string, countMax = Number.POSITIVE_INFINITY): readonly string[] | null {
    const items = this.#values
      .getAll(name)
      .flatMap((value) => value.split(','))
      .filter((value) => value !== '');
    if (items.length > countMax) throw invalidParameter(this.#operation, fieldName(name), 'max');
    return items.length === 0 ? null : items;
  }

  integer(name: string): number | null {
    const text = this.text(name);
    if (text === null) return null;
    if (!/^-?\d{1,15}$/.test(text)) {
      throw badRequest(`Invalid format for parameter ${name}: error binding string parameter: ${JSON.stringify(text)}`);
    }
    return Number(text);
  }

  requiredInteger(name: string): number {
    return this.integer(name) ?? this.refuse(name, 'required');
  }

  has(...names: readonly string[]): boolean {
    return names.some((name) => this.text(name) !== null);
  }

  flag(name: string): boolean {
    const text = this.text(name);
    if (text === null || text === 'false' || text === '0') return false;
    if (text === 'true' || text === '1') return true;
    throw badRequest(`Invalid format for parameter ${name}: error binding string parameter: ${JSON.stringify(text)}`);
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | null {
    const text = this.text(name);
    if (text === null) return null;
    if (!allowed.includes(text as T)) throw invalidParameter(this.#operation, fieldName(name), 'oneof');
    return text as T;
  }

  /**
   * A limit above its maximum is an error, never clamped. 0 is the default where the call allows it. Some calls name their
   * bounds `min` and `max` in complaints, not `gte` and `lte`.
   */
  limit(options: { max: number; default: number; zeroIsDefault?: boolean; saysMax?: boolean }): number {
    const limit = this.integer('limit');
    if (limit === null || (limit === 0 && options.zeroIsDefault === true)) return options.default;
    if (limit > options.max) return this.refuse('limit', options.saysMax === true ? 'max' : 'lte');
    if (limit < 1) return this.refuse('limit', options.saysMax === true ? 'min' : 'gte');
    return limit;
  }

  cursor(): string {
    return this.text('cursor') ?? '';
  }

  /** Whether a time lies within `min_<name>` and `max_<name>`, both in unix seconds and inclusive. */
  within(minName: string, maxName: string): (atMs: number) => boolean {
    const min = this.integer(minName);
    const max = this.integer(maxName);
    return (atMs) => (min === null || atMs >= min * 1000) && (max === null || atMs < (max + 1) * 1000);
  }

  refuse(name: string, rule: string): never {
    throw invalidParameter(this.#operation, fieldName(name), rule);
  }
}

/** `max_close_ts` → `MaxCloseTs`, as the venue's validator names it. */
function fieldName(parameter: string): string {
  return parameter.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
