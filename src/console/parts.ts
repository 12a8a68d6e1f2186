/** The parts of the console that need nothing but a run. */
import type { MakePart } from './console-part.ts';
import { controlPart } from './control.ts';
import { dashboardPart } from './dashboard-part.ts';
import { inspectionPart } from './inspection-part.ts';
import { journalPart } from './journal-part.ts';
import { timelinePart } from './timeline-part.ts';
import { whyPart } from './why-part.ts';

export const PARTS: readonly MakePart[] = [
  dashboardPart,
  inspectionPart,
  journalPart,
  timelinePart,
  controlPart,
  whyPart,
];
