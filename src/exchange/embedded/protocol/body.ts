import { badRequest, exchangeError } from './errors.ts';

export type FieldType = 'string' | 'int' | 'bool' | 'array';
/** The fields that a request's decoder knows; others pass it by. */
export type Fields = Readonly<Record<string, FieldType>>;

/** A JSON object of a request, read field by field with the complaints of the venue's decoder. */
export class Body {
  readonly #type: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  /** `type` names the request in complaints: `CreateOrderV2Request`. */
  constructor(type: string, fields: Readonly<Record<string, unknown>>) {
    this.#type = type;
    this.#fields = fields;
  }

  /** Complains of the first field that is not of its type, in the order in which they were sent. */
  static parse(type: string, text: string, fields: Fields = {}): Body {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw badRequest(text.trim() === '' ? 'EOF' : 'invalid JSON in the request body');
    }
    return Body.of(type, value, fields);
  }

  static of(type: string, value: unknown, fields: Fields = {}): Body {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw badRequest(`json: cannot unmarshal ${kindOf(value)} into Go value of type ${type}`);
    }
    const body = new Body(type, value as Record<string, unknown>);
    for (const name of Object.keys(value)) if (Object.hasOwn(fields, name)) body.#check(name, fields[name]!);
    return body;
  }

  /** null if absent; a JSON null is as good as absent. */
  text(name: string): string | null {
    const value = this.#fields[name] ?? null;
    if (value !== null && typeof value !== 'string') throw this.#mistyped(name, value, 'string');
    return value;
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (value === null || value === '') throw this.#missing(name);
    return value;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.requiredText(name);
    if (!allowed.includes(value as T)) {
      throw exchangeError(400, 'invalid_parameters', `${name} must be one of: ${allowed.join(', ')}`);
    }
    return value as T;
  }

  integer(name: string): number | null {
    const value = this.#fields[name] ?? null;
    if (value === null) return null;
    if (typeof value !== 'number') throw this.#mistyped(name, value, 'int');
    if (!Number.isSafeInteger(value)) {
      // A number beyond all (1e999) has lost how it was written.
      const number = Number.isFinite(value) ? `number ${value}` : 'number';
      throw badRequest(`json: cannot unmarshal ${number} into Go struct field ${this.#type}.${name} of type int`);
    }
    return value;
  }

  flag(name: string): boolean {
    const value = this.#fields[name] ?? null;
    if (value !== null && typeof value !== 'boolean') throw this.#mistyped(name, value, 'bool');
    return value ?? false;
  }

  list(name: string): readonly unknown[] {
    const value = this.#fields[name] ?? null;
    if (value === null) throw this.#missing(name);
    if (!Array.isArray(value)) throw this.#mistyped(name, value, 'array');
    return value;
  }

  #check(name: string, type: FieldType): void {
    if (type === 'string') this.text(name);
    else if (type === 'int') this.integer(name);
    else if (type === 'bool') this.flag(name);
    else if ((this.#fields[name] ?? null) !== null) this.list(name);
  }

  #mistyped(name: string, value: unknown, wanted: string): Error {
    return badRequest(
      `json: cannot unmarshal ${kindOf(value)} into Go struct field ${this.#type}.${name} of type ${wanted}`,
    );
  }

  #missing(name: string): Error {
    return exchangeError(400, 'invalid_parameters', `${name} is required`);
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
