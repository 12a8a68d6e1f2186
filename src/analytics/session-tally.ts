/** Sessions that are over, by what they earned. */
export class SessionTally {
  wins = 0;
  losses = 0;
  /** Neither: nothing was traded, or it came out even. */
  even = 0;
  /** Wins (+) or losses (−) in a row, up to the last session that was either. */
  streak = 0;

  /** @param pnl what a session earned in all, fees off, in any unit */
  take(pnl: number): void {
    if (pnl === 0) this.even++;
    else if (pnl > 0) {
      this.wins++;
      this.streak = Math.max(0, this.streak) + 1;
    } else {
      this.losses++;
      this.streak = Math.min(0, this.streak) - 1;
    }
  }

  get decided(): number {
    return this.wins + this.losses;
  }
  winRate(): number | null {
    return this.decided === 0 ? null : this.wins / this.decided;
  }
}
