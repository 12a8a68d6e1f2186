/** All parts of the console. */
import type { MakePart } from './console-part.ts';
import { controlPart } from './control.ts';
import { inspectionPart } from './inspection-part.ts';
import { journalPart } from './journal-part.ts';
import { metricsPart } from './metrics.ts';
import { whyPart } from './why-part.ts';

export const PARTS: readonly MakePart[] = [inspectionPart, journalPart, controlPart, whyPart, metricsPart];
