/**
 * `POST /api/control`: a person's word to the trader, or what it would come to (`dryRun`). Who may say it (token, origin, host)
 * was asked before it comes here.
 */
import { z } from 'zod';
import { BothsidesError } from '../domain/errors.ts';
import type { OperatorPort } from '../runtime/operator.ts';
import type { OperatorPlan } from '../runtime/operator-plan.ts';
import type { MakePart } from './console-part.ts';
import type { ControlAnswer, Refusal } from './wire.ts';

/** Names and reasons go to the journal: a line each, and no more. */
const line = (longest: number) =>
  z
    .string()
    .max(longest)
    .transform((text) => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim());

const request = z.strictObject({
  action: z.enum(['pause', 'resume', 'flatten', 'cancelAll', 'halt']),
  market: z.string().min(1).max(100).nullish(),
  reason: line(500).nullish(),
  by: line(60).nullish(),
  dryRun: z.boolean().nullish(),
});

const BODY_BYTES_MAX = 8 * 1024;

export interface Answered {
  readonly status: 200 | 400 | 409 | 413;
  readonly body: ControlAnswer | Refusal;
}

/** Answers one request's body. Rejects only with faults of ours. */
export async function answerControl(text: string, operator: OperatorPort | null): Promise<Answered> {
  if (Buffer.byteLength(text) > BODY_BYTES_MAX) return refused(413, 'TOO_LARGE', 'The request is too large.');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refused(400, 'NOT_JSON', 'The request is no JSON.');
  }
  const parsed = request.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refused(
      400,
      'NOT_A_COMMAND',
      `${issue?.path.join('.') || 'request'}: ${issue?.message ?? 'not understood'}`,
    );
  }
  if (operator === null) return refused(409, 'NOT_RUNNING', 'There is no trader here that could be told anything.');
  const { action, market, reason, by, dryRun } = parsed.data;
  const command = { action, market: market ?? null, by: by || 'console', why: reason || null };
  try {
    const isDry = dryRun === true;
    const plan: OperatorPlan = isDry ? operator.plan(command) : await operator.carryOut(command);
    return { status: 200, body: { done: !isDry, plan } };
  } catch (error) {
    if (!(error instanceof BothsidesError) || error.code !== 'USAGE') throw error;
    return refused(409, error.code, `${error.message} ${error.remedy}`.trim());
  }
}

function refused(status: Exclude<Answered['status'], 200>, code: string, message: string): Answered {
  return { status, body: { error: { code, message } } };
}

export const controlPart: MakePart = () => {
  let operator: OperatorPort | null = null;
  return {
    routes(app) {
      app.post('/api/control', async (context) => {
        const length = Number(context.req.header('content-length') ?? Number.NaN);
        // Nothing is read of what is too long, or does not say how long it is.
        const { status, body } =
          length <= BODY_BYTES_MAX
            ? await answerControl(await context.req.text(), operator)
            : refused(413, 'TOO_LARGE', 'The request is too large, or does not say how large it is.');
        return context.json(body, status);
      });
    },
    attach({ live }) {
      operator = live?.runtime.operator ?? null;
    },
  };
};
