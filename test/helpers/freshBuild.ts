import { buildIfStale } from './build.ts';

/** Before the end-to-end tests: what they run is what the sources say. */
export default function setup(): void {
  buildIfStale();
}
