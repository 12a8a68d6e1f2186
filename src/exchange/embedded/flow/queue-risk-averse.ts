/**
 * What is cancelled stood behind us as long as anything did: only trades bring an order forward, and levels that get
 * shorter than what was ahead of it. The most cautious reading (hftbacktest, backtest/models/queue.rs,
 * `RiskAdverseQueueModel`: front ← min(front, what is left of the level)).
 */
export function riskAverse(_ahead: number, behind: number, canceled: number): number {
  return Math.max(0, canceled - behind);
}
