/**
 * What a person says from the command line to a trader: one that runs, one that hangs, one that died, one that is stopped.
 * A trader that hangs is one that was sent SIGSTOP.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Ended, FEW, readState, Stage, until, untilQuoting } from '../support/processes.ts';

const stage = new Stage();
afterAll(() => stage.clear());
const TIMEOUT = 90_000;
const SIM = join(import.meta.dirname, '../../config/sim.yaml');

const run = (data: string, ...args: readonly string[]): Promise<Ended> => stage.run([...args, '--data', data]);
const json = ({ json: [first] }: Ended) => first as Record<string, unknown>;

async function halted(consoleUrl: unknown): Promise<unknown> {
  return until('it is halted', async () => {
    const { risk } = await readState(consoleUrl);
    return risk.mode === 'halted' ? risk : null;
  });
}

// A dozen starts of a process; tests/console/operate.test.ts has the same words over the console's own sockets.
describe
  .runIf(process.env.BOTHSIDES_LONG === '1')
  .concurrent('A trader with its own exchange', { timeout: TIMEOUT }, () => {
    it('says how it is and why, and does what it is told; hanging, it halts as soon as it goes on', async () => {
      const data = join(stage.folder(), 'data');
      const trader = stage.start(['trade', ...FEW, '--json', '--console', '0', '--data', data, '--speed', '2']);
      const { consoleUrl } = await trader.first;
      const quoted = (await untilQuoting(consoleUrl)).orders[0]!.market;

      // One after the other: on a busy machine five at once keep each other from hearing the answer in time.
      const status = await run(data, 'status', '--json');
      const why = await run(data, 'why', quoted);
      const unknown = await run(data, 'why', 'NO-SUCH', '--json');
      const unasked = await run(data, 'flatten');
      const dry = await run(data, 'halt', '--dry-run', '--json');
      expect(status.code, status.stderr).toBe(0);
      expect(json(status)).toMatchObject({
        running: true,
        pid: trader.pid,
        hasHaltFile: false,
        state: { mode: 'sim' },
      });
      expect(why).toMatchObject({ code: 0, stderr: '' });
      expect(why.stdout).toMatch(/r = s − q·γ·σ²τ = [\d.]+ ¢/);
      expect(unknown).toMatchObject({ code: 2, stdout: '' });
      expect(unasked).toMatchObject({ code: 2, stdout: '' });
      expect(unasked.stderr).toContain('no terminal to ask at');
      expect(json(dry)).toMatchObject({
        done: false,
        plan: { action: 'halt', mode: { from: 'active', to: 'halted' } },
      });
      expect(existsSync(join(data, 'HALT'))).toBe(false);
      expect((await readState(consoleUrl)).risk.mode).toBe('active');

      const paused = await run(data, 'pause', '--market', quoted, '--why', 'news', '--by', 'ada', '--json');
      expect(json(paused)).toMatchObject({ done: true, plan: { market: quoted, mode: { to: 'active' } } });
      const told = await run(data, 'why', quoted, '--json');
      expect(json(told)).toMatchObject({
        whyNot: [{ code: 'operator', sentence: expect.stringContaining('by ada') }],
      });

      trader.kill('SIGSTOP');
      const [hung, all, halt] = await Promise.all([
        run(data, 'status'),
        run(data, 'cancel-all', '--yes'),
        run(data, 'halt', '--yes'),
      ]);
      expect(hung).toMatchObject({ code: 5, stdout: '' });
      expect(hung.stderr).toContain('does not answer within 2 s');
      expect(all.code).toBe(7);
      expect(all.stdout).toContain('stands still with it');
      expect(halt.code).toBe(0);
      trader.kill('SIGCONT');
      await halted(consoleUrl);

      const resumed = await run(data, 'resume', '--json');
      expect(json(resumed)).toMatchObject({ plan: { mode: { from: 'halted', to: 'reducing' } } });
      expect(existsSync(join(data, 'HALT'))).toBe(false);
      trader.kill('SIGKILL');
      await trader.ended;

      const keysOf = () => readFileSync(join(data, 'run.json'), 'utf8');
      const left = keysOf();
      const died = await run(data, 'status', '--json');
      expect(json(died)).toMatchObject({
        running: false,
        died: true,
        bars: ['reduce, said by operator', `${quoted} alone: pause, said by ada`],
      });
      expect(keysOf()).toBe(left);
      const gone = await run(data, 'cancel-all', '--yes');
      expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining('stands still') });
      const again = await run(data, 'pause', '--json');
      expect(json(again)).toMatchObject({ after: [expect.stringContaining('pause'), expect.anything()] });
    });
  });

describe.runIf(process.env.BOTHSIDES_LONG === '1')(
  'A trader on an exchange in another process',
  { timeout: 2 * TIMEOUT },
  () => {
    it('that hangs has its orders taken off straight at the exchange, proven; strangers’ orders are left alone', async () => {
      const exchange = stage.start(['exchange', '--json']);
      const at = (await exchange.first) as {
        restUrl: string;
        wsUrl: string;
        accounts: { keyId: string; privateKeyPath: string }[];
      };
      const [account] = at.accounts;
      const data = join(stage.folder(), 'data');
      const trader = stage.start(
        [
          ...['trade', ...FEW, '--mode', 'demo', '--config', SIM, '--json', '--console', '0', '--data', data],
          ...['--exchange-rest', at.restUrl, '--exchange-ws', at.wsUrl],
        ],
        { env: { KALSHI_ACCESS_KEY: account!.keyId, KALSHI_PRIVATE_KEY: account!.privateKeyPath } },
      );
      const { consoleUrl } = await trader.first;
      await untilQuoting(consoleUrl);
      trader.kill('SIGSTOP');
      const dry = await run(data, 'cancel-all', '--dry-run', '--json');
      const { found } = json(dry).atExchange as { found: number };
      expect(found).toBeGreaterThan(0);
      const halt = await run(data, 'halt', '--yes', '--json');
      expect(halt.code, halt.stderr).toBe(0);
      expect(json(halt)).toMatchObject({ done: true, atExchange: { restUrl: at.restUrl, left: [], proven: true } });
      trader.kill('SIGCONT');
      await halted(consoleUrl);
      trader.kill('SIGKILL');
      await trader.ended;
      const after = await run(data, 'cancel-all', '--yes', '--json');
      expect(after.code, after.stderr).toBe(0);
      expect(json(after)).toMatchObject({ atExchange: { found: 0, left: [], proven: true } });
      exchange.kill('SIGKILL');
      await exchange.ended;
      writeFileSync(join(data, 'HALT'), 'mine');
      const unreachable = await run(data, 'cancel-all', '--yes');
      expect(unreachable).toMatchObject({ code: 8, stdout: '' });
      expect(readFileSync(join(data, 'HALT'), 'utf8')).toBe('mine');
    });
  },
);
