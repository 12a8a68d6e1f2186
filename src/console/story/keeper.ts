/** The story of the journal that is looked at: read from the beginning when somebody first asks, then kept up with it. */
import type { Subscription } from 'rxjs';
import type { JournalEntry } from '../../domain/journal.ts';
import type { Past } from '../console-part.ts';
import { Story } from './story.ts';

export class StoryKeeper {
  readonly #past: Past;
  #story: Promise<Story> | null = null;
  #ready: Story | null = null;
  #subscription: Subscription | null = null;

  constructor(past: Past) {
    this.#past = past;
  }

  /** As far as it is known now; null before somebody asked and it was read. */
  get current(): Story | null {
    return this.#ready;
  }

  /** Rejects when the journal cannot be read; the next call tries again. */
  story(): Promise<Story> {
    this.#story ??= this.#read().catch((error: unknown) => {
      this.close();
      throw error;
    });
    return this.#story;
  }

  close(): void {
    this.#subscription?.unsubscribe();
    this.#subscription = null;
    this.#story = null;
    this.#ready = null;
  }

  async #read(): Promise<Story> {
    const story = new Story();
    /** What is written while the past is read. */
    const meanwhile: JournalEntry[] = [];
    this.#subscription = this.#past.entries$.subscribe((entry) => {
      if (this.#ready === story) story.take(entry);
      else meanwhile.push(entry);
    });
    for await (const page of this.#past.readPages()) for (const entry of page) story.take(entry);
    for (const entry of meanwhile) story.take(entry);
    this.#ready = story;
    return story;
  }
}
