/**
 * Answers held against an OpenAPI 3.0 description: which operation it was, whether it may answer with this status, and where
 * the body is not what its schema says. A field that the schema does not know counts too.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import * as formats from 'ajv-formats';
import { parse } from 'yaml';

export interface Description {
  /** The path as the description writes it; null if it knows none that fits. */
  operationOf(method: string, path: string): string | null;
  /** What is wrong with an answer, one line each, with indexes left out: `GET /markets 200 /markets/*\/ticker is missing`. */
  complaints(answer: { method: string; path: string; status: number; body: unknown }): string[];
}

// biome-ignore lint/suspicious/noExplicitAny: a description is looked into freely
type Json = any;

export function readDescription(yaml: string): Description {
  const document: Json = adapted(parse(yaml));
  const ajv = new Ajv({ strict: false, allErrors: true });
  (formats.default as unknown as (ajv: Ajv) => void)(ajv);
  ajv.addSchema(document, 'venue');
  const paths = Object.keys(document.paths)
    .map((template) => ({ template, parts: template.split('/') }))
    // A fixed part goes before a parameter in its place.
    .sort((a, b) => a.template.split('{').length - b.template.split('{').length);
  const validators = new Map<string, ValidateFunction | null>();

  function templateOf(path: string): string | null {
    const parts = path.split('/');
    const fits = paths.find(
      (one) =>
        one.parts.length === parts.length && one.parts.every((part, at) => part.startsWith('{') || part === parts[at]),
    );
    return fits?.template ?? null;
  }

  function validatorOf(template: string, method: string, status: number): ValidateFunction | null {
    const key = `${template} ${method} ${status}`;
    const known = validators.get(key);
    if (known !== undefined) return known;
    const pointer = ['paths', template, method, 'responses', String(status), 'content', 'application/json', 'schema'];
    const isThere = pointer.reduce((place: Json, part) => place?.[part], document) !== undefined;
    const path = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const made = isThere ? ajv.compile({ $ref: `venue#/${path}` }) : null;
    validators.set(key, made);
    return made;
  }

  return {
    operationOf: (method, path) => {
      const template = templateOf(path);
      return template !== null && document.paths[template][method.toLowerCase()] !== undefined ? template : null;
    },
    complaints({ method, path, status, body }) {
      const template = templateOf(path);
      const operation = template === null ? undefined : document.paths[template][method.toLowerCase()];
      if (template === null || operation === undefined) return [`${method} ${path} is not described`];
      const place = `${method} ${template} ${status}`;
      if (operation.responses[String(status)] === undefined) return [`${place} is no status of it`];
      const validate = validatorOf(template, method.toLowerCase(), status);
      if (validate === null) return body === null ? [] : [`${place} has no body`];
      if (validate(body)) return [];
      return [...new Set((validate.errors ?? []).map((error) => `${place} ${worded(error)}`))];
    },
  };
}

/** 3.0 to what JSON Schema says the same with: `nullable`, and closed objects, so that fields of ours are seen. */
function adapted(node: Json): Json {
  if (Array.isArray(node)) return node.map(adapted);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, ...rest } = node;
  const made: Json = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, adapted(value)]));
  // Object schemas only: a response or a parameter has no "properties", and parts of an allOf would shut each other out.
  if (made.properties !== undefined && made.additionalProperties === undefined && made.allOf === undefined)
    made.additionalProperties = false;
  return nullable === true ? { anyOf: [{ enum: [null] }, made] } : made;
}

function worded({ instancePath, keyword, params, message }: ErrorObject): string {
  const at = instancePath.replaceAll(/\/\d+(?=\/|$)/g, '/*');
  if (keyword === 'required') return `${at}/${params.missingProperty} is missing`;
  if (keyword === 'additionalProperties') return `${at}/${params.additionalProperty} is unknown to it`;
  if (keyword === 'enum') return `${at} is none of ${JSON.stringify(params.allowedValues)}`;
  return `${at} ${message}`;
}
