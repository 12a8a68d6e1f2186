import { PriceGrid, type PriceRange, WHOLE_CENTS } from '../../../domain/market.ts';
import { centicents, DOLLAR } from '../../../domain/units.ts';

/** A grid and the label that the venue gives it (`price_level_structure`). */
export interface NamedGrid {
  readonly label: string;
  readonly grid: PriceGrid;
}

function range(start: number, end: number, step: number): PriceRange {
  return { start: centicents(start), end: centicents(end), step: centicents(step) };
}

export const LINEAR_CENT: NamedGrid = { label: 'linear_cent', grid: WHOLE_CENTS };
/** 0.1¢ everywhere. */
export const DECI_CENT: NamedGrid = { label: 'deci_cent', grid: new PriceGrid([range(0, DOLLAR, 10)]) };
/** 0.1¢ below 10¢ and above 90¢, whole cents between. */
export const TAPERED_DECI_CENT: NamedGrid = {
  label: 'tapered_deci_cent',
  grid: new PriceGrid([range(0, 1000, 10), range(1000, 9000, 100), range(9000, DOLLAR, 10)]),
};
