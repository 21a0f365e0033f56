import { Presets, SingleBar } from 'cli-progress';
import { formatMs } from '../../lib/duration.ts';
import type { ReplayMessage } from '../../replay/messages.ts';
import type { Output } from '../output.ts';

/** Shows how far a replay is, while stderr is a terminal; else says nothing. */
export class ReplayProgressBar {
  readonly #bar: SingleBar | undefined;

  constructor(output: Output, title: string) {
    if (!output.animated) return;
    const format = `${title} {bar} {value}/{total} calls · {inFlight} in flight · ok {ok} · other {other} · late {lag}`;
    this.#bar = new SingleBar({ format, clearOnComplete: true, hideCursor: true, barsize: 24 }, Presets.shades_classic);
  }

  show(message: ReplayMessage): void {
    if (this.#bar === undefined) return;
    if (message.type === 'started') {
      this.#bar.start(message.scheduled, 0, { inFlight: 0, ok: 0, other: 0, lag: '-' });
    } else if (message.type === 'progress') {
      const { counts, inFlight, lagMs } = message;
      const { ok, sent } = counts;
      const lag = lagMs === null ? '-' : formatMs(lagMs);
      this.#bar.update(sent + counts.dropped, { inFlight, ok, other: sent - ok - inFlight, lag });
    }
  }

  end(): void {
    this.#bar?.stop();
  }
}
