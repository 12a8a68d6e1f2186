/** What is to go wrong at an exchange of ours, as a person writes it: a list of faults in YAML or JSON. */
import { parse } from 'yaml';
import { z } from 'zod';
import { BothsidesError, messageOf } from '../../../domain/errors.ts';
import { CHANNELS, type ChannelName } from '../protocol/channels.ts';

const milliseconds = z.number().nonnegative().max(86_400_000);
const glob = z.string().min(1);

/** When: every time that it fits unless told otherwise. */
const often = {
  /** Of each that fits, by itself. */
  probability: z.number().gt(0).max(1).optional(),
  /** The first that fits is 1. */
  at: z.array(z.number().int().min(1)).min(1).optional(),
  /** In all. */
  timesMax: z.number().int().min(1).optional(),
};
/** Wall time since the faults were put in; open at an end that is not given. */
const window = {
  fromMs: milliseconds.optional(),
  toMs: milliseconds.optional(),
  /** The window comes again after this. */
  everyMs: milliseconds.gt(0).optional(),
};
const standingWindow = { ...window, fromMs: milliseconds, toMs: milliseconds };

const onRequest = z
  .strictObject({
    method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).optional(),
    /** Below /trade-api/v2; `*` stands for anything. */
    path: glob.optional(),
    /** Named in the path, the query or the body; `*` stands for anything. */
    market: glob.optional(),
  })
  .optional();
const onFrame = z
  .strictObject({
    channel: z.enum(Object.keys(CHANNELS) as [ChannelName, ...ChannelName[]]).optional(),
    market: glob.optional(),
  })
  .optional();

const request = <N extends string>(fault: N) => ({ fault: z.literal(fault), on: onRequest, ...often, ...window });
const frame = <N extends string>(fault: N) => ({ fault: z.literal(fault), on: onFrame, ...often, ...window });
const standing = <N extends string>(fault: N) => ({ fault: z.literal(fault), ...standingWindow });
const serverError = z.number().int().min(500).max(599).default(503);

const rule = z.discriminatedUnion('fault', [
  // Requests.
  z.strictObject(request('throttle')),
  z.strictObject({ ...request('errorBefore'), status: serverError }),
  z.strictObject({ ...request('errorAfter'), status: serverError }),
  z.strictObject(request('silenceBefore')),
  z.strictObject(request('silenceAfter')),
  z.strictObject(request('dropBefore')),
  z.strictObject(request('dropAfter')),
  z.strictObject(request('emptyBody')),
  z.strictObject(request('malformedBody')),
  z.strictObject(request('cutPages')),
  z.strictObject({ ...request('slowRequest'), delayMs: milliseconds.gt(0) }),
  z.strictObject({ ...request('slowAnswer'), delayMs: milliseconds.gt(0) }),
  // Frames of a stream.
  z.strictObject(frame('loseFrame')),
  z.strictObject(frame('repeatFrame')),
  z.strictObject(frame('reorderFrame')),
  z.strictObject({ ...frame('delayFrame'), delayMs: milliseconds.gt(0) }),
  z.strictObject(frame('sequenceGap')),
  z.strictObject(frame('dropStream')),
  z.strictObject({ fault: z.literal('refuseStream'), ...often, ...window, status: serverError }),
  // What holds for a while.
  z.strictObject(standing('missingPongs')),
  z.strictObject({
    ...standing('clockSkew'),
    skewMs: z
      .number()
      .int()
      .refine((value) => value !== 0, 'must not be 0'),
  }),
  z.strictObject({ ...standing('staleReads'), delayMs: milliseconds.gt(0) }),
  z.strictObject(standing('exchangePause')),
  z.strictObject(standing('tradingPause')),
  z.strictObject({ ...standing('marketHalt'), on: z.strictObject({ market: glob }) }),
]);

export const FAULTS: readonly FaultName[] = rule.options.map((option) => option.shape.fault.value);

export type FaultRule = z.infer<typeof rule>;
export type FaultName = FaultRule['fault'];
export type RuleOf<N extends FaultName> = Extract<FaultRule, { fault: N }>;
export type FrameFault =
  | 'loseFrame'
  | 'repeatFrame'
  | 'reorderFrame'
  | 'delayFrame'
  | 'sequenceGap'
  | 'dropStream'
  | 'refuseStream';
export type StandingFault =
  | 'missingPongs'
  | 'clockSkew'
  | 'staleReads'
  | 'exchangePause'
  | 'tradingPause'
  | 'marketHalt';
export type RequestFault = Exclude<FaultName, FrameFault | StandingFault>;
/** Those that come by each request, frame or handshake, rather than hold for a while. */
export type EventRule = RuleOf<RequestFault | FrameFault>;
export type StandingRule = RuleOf<StandingFault>;

const STANDING: ReadonlySet<string> = new Set<StandingFault>([
  'missingPongs',
  'clockSkew',
  'staleReads',
  'exchangePause',
  'tradingPause',
  'marketHalt',
]);

export function isStanding(checked: FaultRule): checked is StandingRule {
  return STANDING.has(checked.fault);
}

const REMEDY = 'Write a list like [{fault: throttle, on: {method: POST}, probability: 0.05}].';

/** Of YAML or JSON. Throws CONFIG_VALUE, with the number of the rule and the field. */
export function parseFaults(text: string, source: string): readonly FaultRule[] {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    const problem = messageOf(error).split('\n')[0]!.replace(/:$/, '');
    throw new BothsidesError('CONFIG_VALUE', `The faults in ${source} are not YAML: ${problem}.`, { remedy: REMEDY });
  }
  return checkFaults(value ?? [], source);
}

/** Throws CONFIG_VALUE. */
export function checkFaults(value: unknown, source: string): readonly FaultRule[] {
  if (!Array.isArray(value))
    throw new BothsidesError('CONFIG_VALUE', `The faults in ${source} are not a list.`, { remedy: REMEDY });
  return value.map((item, index) => {
    const checked = rule.safeParse(item);
    const problems = checked.success ? contradictions(checked.data) : checked.error.issues.map(problemText);
    if (checked.success && problems.length === 0) return checked.data;
    const name = typeof item?.fault === 'string' ? ` (${item.fault})` : '';
    throw new BothsidesError('CONFIG_VALUE', `Fault ${index + 1}${name} in ${source}: ${problems.join('; ')}.`, {
      remedy: REMEDY,
    });
  });
}

function problemText({ path, message }: { path: PropertyKey[]; message: string }): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}

function contradictions(checked: FaultRule): string[] {
  const { fromMs = 0, toMs = Number.POSITIVE_INFINITY, everyMs } = checked;
  const found: string[] = [];
  if ('probability' in checked && checked.probability !== undefined && checked.at !== undefined)
    found.push('has both probability and at: give one of them');
  if (toMs <= fromMs) found.push(`ends at ${toMs} ms, not after its beginning at ${fromMs} ms`);
  if (everyMs !== undefined && !(everyMs > toMs - fromMs))
    found.push(`comes again every ${everyMs} ms, before it is over: everyMs is more than toMs − fromMs`);
  return found;
}

/** Whether a text fits a pattern in which `*` stands for anything. */
export function fits(pattern: string, text: string): boolean {
  const [first, ...rest] = pattern.split('*');
  if (!text.startsWith(first!)) return false;
  if (rest.length === 0) return text === first;
  const last = rest.pop()!;
  let from = first!.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}
