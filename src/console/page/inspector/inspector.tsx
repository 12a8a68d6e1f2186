/** The inspector: who is there, the chart of the one that is looked at, what passes between them, and the past. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import './inspector.css';
import { ActorTree } from './actor-tree.tsx';
import { ChartPanel } from './chart-panel.tsx';
import { Details } from './details.tsx';
import { startInspection } from './inspection.ts';
import { SequencePanel } from './sequence-panel.tsx';
import { PastBanner, TimeBar } from './time-travel.tsx';

const PARTS = { actors: 'Actors', chart: 'Chart', events: 'Messages', details: 'Details' } as const;
type Part = keyof typeof PARTS;

/** On a phone one of them at a time. */
export const shownPart = signal<Part>('chart');

export function Inspector() {
  useEffect(startInspection, []);
  return (
    <div class="inspector" data-part={shownPart.value}>
      <PastBanner />
      <TimeBar />
      <fieldset class="parts" aria-label="Part of the inspector">
        {Object.entries(PARTS).map(([part, title]) => (
          <button
            key={part}
            type="button"
            aria-pressed={part === shownPart.value}
            onClick={() => {
              shownPart.value = part as Part;
            }}
          >
            {title}
          </button>
        ))}
      </fieldset>
      <div class="inspector-room">
        <ActorTree
          onChosen={() => {
            shownPart.value = 'chart';
          }}
        />
        <div class="inspector-middle">
          <ChartPanel
            onPicked={() => {
              shownPart.value = 'details';
            }}
          />
          <SequencePanel />
        </div>
        <Details />
      </div>
    </div>
  );
}
