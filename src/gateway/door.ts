/**
 * The one way out. Whoever halts shuts it synchronously, here, whatever the mailboxes still hold; every create asks it
 * once more in the turn in which its bytes are written.
 */
import type { UnixMs } from '../domain/units.ts';

export type Permission = 'closed' | 'cancelOnly' | 'open';

/** The part of an approval that can go stale; see risk/approve.ts. */
export interface Stamp {
  readonly riskEpoch: number;
  /** Wall time. */
  readonly validUntilMs: UnixMs;
}

export class Door {
  #permission: Permission = 'closed';
  #epoch = 0;
  #onMoved: () => void = () => {};
  #isAwake: () => boolean = () => true;

  /** Who is told after the permission was set, in the same turn. One listener: the gateway. */
  onMoved(listener: () => void): void {
    this.#onMoved = listener;
  }

  /** Who knows whether this process has just slept: as long as it has not been seen to, nothing new leaves. */
  heedSleep(isAwake: () => boolean): void {
    this.#isAwake = isAwake;
  }
  get isAwake(): boolean {
    return this.#isAwake();
  }

  get permission(): Permission {
    return this.#permission;
  }
  /** Raised by halt, pause and every change of limits: approvals given before it no longer open anything. */
  get riskEpoch(): number {
    return this.#epoch;
  }

  raiseEpoch(): void {
    this.#epoch++;
  }
  open(): void {
    this.#permission = 'open';
    this.#onMoved();
  }
  /** Cancels only. */
  restrict(): void {
    this.#permission = 'cancelOnly';
    this.#epoch++;
    this.#onMoved();
  }
  close(): void {
    this.#permission = 'closed';
    this.#epoch++;
    this.#onMoved();
  }

  /** Why a create with this approval may not leave now, or null. */
  refusal(stamp: Stamp, nowWallMs: UnixMs): string | null {
    if (this.#permission !== 'open') return 'permission';
    if (!this.#isAwake()) return 'asleep';
    if (stamp.riskEpoch !== this.#epoch || nowWallMs > stamp.validUntilMs) return 'staleApproval';
    return null;
  }
}
