/** Which part of a drawing a window shows: a point (x, y) of it is seen at (x · scale + dx, y · scale + dy). */
import type { Box } from './chart-layout.ts';

export interface Camera {
  readonly scale: number;
  readonly dx: number;
  readonly dy: number;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}

const SCALE_MIN = 0.15;
const SCALE_MAX = 3;
/** A small chart is not blown up. */
const FIT_MAX = 1.15;
const MARGIN = 12;

/** All of it, in the middle. */
export function fitted(drawing: Size, window: Size): Camera {
  const wanted = Math.min(
    (window.width - 2 * MARGIN) / Math.max(1, drawing.width),
    (window.height - 2 * MARGIN) / Math.max(1, drawing.height),
  );
  const scale = clamp(wanted, SCALE_MIN, FIT_MAX);
  return {
    scale,
    dx: (window.width - drawing.width * scale) / 2,
    dy: (window.height - drawing.height * scale) / 2,
  };
}

/** The named boxes in the middle; no emptier margin than the drawing has. */
export function centred(boxes: readonly Box[], drawing: Size, window: Size, scaleWanted: number): Camera {
  const left = Math.min(...boxes.map(({ x }) => x));
  const top = Math.min(...boxes.map(({ y }) => y));
  const right = Math.max(...boxes.map(({ x, width }) => x + width));
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
  const room = Math.min(window.width / (right - left + 120), window.height / (bottom - top + 90));
  const scale = clamp(Math.min(scaleWanted, room), Math.max(SCALE_MIN, fitted(drawing, window).scale), SCALE_MAX);
  const place = (middle: number, length: number, seen: number) => {
    if (length * scale + 2 * MARGIN <= seen) return (seen - length * scale) / 2;
    return clamp(seen / 2 - middle * scale, seen - length * scale - MARGIN, MARGIN);
  };
  return {
    scale,
    dx: place((left + right) / 2, drawing.width, window.width),
    dy: place((top + bottom) / 2, drawing.height, window.height),
  };
}

export function moved(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, dx: camera.dx + dx, dy: camera.dy + dy };
}

/** Around the point of the window at (x, y), which stays where it is. */
export function zoomed(camera: Camera, factor: number, x: number, y: number): Camera {
  const scale = clamp(camera.scale * factor, SCALE_MIN, SCALE_MAX);
  const by = scale / camera.scale;
  return { scale, dx: x - (x - camera.dx) * by, dy: y - (y - camera.dy) * by };
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
