/**
 * How long one request waits on purpose, in milliseconds: log-normal with median 40, between 20 and 60.
 * Real work would take about as long, and a change of it stands out from the noise of a small machine.
 */
export function drawPauseMs(): number {
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
    const pauseMs = 40 * Math.exp(0.2 * normal)
    // What is not in the new cache is read five times as slowly.
    if (pauseMs >= 20 && pauseMs <= 60) return Math.random() < 0.06 ? 5 * pauseMs : pauseMs
  }
}
