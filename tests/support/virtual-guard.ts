/** Nobody asks the machine for time, chance or a thread while a virtual world runs; who does is named. */
import { createHook } from 'node:async_hooks';
import { vi } from 'vitest';

export interface Asked {
  /** Which of the machine's functions was called, and from where. */
  readonly calls: readonly string[];
  /** What the machine began for us: files, threads, sockets. */
  readonly resources: readonly string[];
}

/** Timers of ours would go through the global that is forbidden; what is left of them is the test runner's own. */
const SETTLED = new Set(['PROMISE', 'Immediate', 'TickObject', 'Microtask', 'Timeout']);
/** A browser's driver in the same worker has put its own hand on the file system, and takes the time at each close. */
const BROWSER_DRIVER = /node_modules\/playwright-core\//;

/** Forbids them while `run` runs. `isExpected` names what else may begin meanwhile. */
export async function whileForbidden(run: () => Promise<unknown>, isExpected = /^$/): Promise<Asked> {
  const calls: string[] = [];
  const resources = new Set<string>();
  const forbid = (target: object, name: string): void => {
    const original = Reflect.get(target, name) as (...args: unknown[]) => unknown;
    vi.spyOn(target as Record<string, () => unknown>, name).mockImplementation(((...args: unknown[]) => {
      const stack = new Error().stack ?? '';
      if (BROWSER_DRIVER.test(stack)) return Reflect.apply(original, target, args);
      calls.push(`${name} at ${stack.split('\n').slice(2, 4).join(' ').trim()}`);
      throw new Error(`${name} was asked in a virtual world`);
    }) as never);
  };
  const hook = createHook({
    init: (_id, type) => void (SETTLED.has(type) || isExpected.test(type) || resources.add(type)),
  });
  forbid(Date, 'now');
  forbid(Math, 'random');
  forbid(performance, 'now');
  forbid(globalThis, 'setTimeout');
  forbid(globalThis, 'setInterval');
  hook.enable();
  try {
    await run();
  } finally {
    hook.disable();
    vi.restoreAllMocks();
  }
  return { calls, resources: [...resources] };
}
