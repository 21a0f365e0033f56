/** The codes that begin and end each style (ECMA-48, SGR). */
const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof STYLES;

/** Puts escape codes around the text, or leaves it as it is. */
export type Colour = (style: Style, text: string) => string;

/** Colours go to terminals only, and not where NO_COLOR is set (no-color.org); FORCE_COLOR is for those who page. */
export function colourFor(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv): Colour {
  const wanted = environment['FORCE_COLOR'] ? true : stream.isTTY === true && environment['TERM'] !== 'dumb';
  if (!wanted || environment['NO_COLOR']) return (_, text) => text;
  return (style, text) => {
    const [begin, end] = STYLES[style];
    return `\u001b[${begin}m${text}\u001b[${end}m`;
  };
}
