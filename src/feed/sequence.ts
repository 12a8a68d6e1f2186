/** `next`: as expected. `old`: had been used, ignore the frame. `gap`: at least one is missing before it. */
export type SequenceVerdict = 'next' | 'old' | 'gap';

/** Checks the numbering of one subscription: 1, 2, 3 … over all its markets and answers. */
export class SequenceCheck {
  #last = 0;
  #isAdrift = false;

  check(sequence: number): SequenceVerdict {
    if (sequence === this.#last + 1) {
      this.#last = sequence;
      this.#isAdrift = false;
      return 'next';
    }
    if (sequence <= this.#last) return 'old';
    this.#last = sequence;
    const verdict = this.#isAdrift ? 'next' : 'gap';
    this.#isAdrift = false;
    return verdict;
  }

  /** A frame came whose number nobody could read: the next number may be any later one. Its books are void anyway. */
  drift(): void {
    this.#isAdrift = true;
  }
}
