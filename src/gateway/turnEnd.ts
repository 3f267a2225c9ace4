/** Somebody who has something to do once everything that came in this turn was read. */
export interface AtTurnEnd {
  onTurnEnd(): void
}

/** One callback at the end of a turn for all that began in it: a timer for each would cost more than what it does. */
export class TurnEnd {
  private waiting: AtTurnEnd[] = []

  add(one: AtTurnEnd): void {
    if (this.waiting.push(one) === 1) setImmediate(() => this.run())
  }

  private run(): void {
    const { waiting } = this
    this.waiting = []
    for (const one of waiting) one.onTurnEnd()
  }
}
