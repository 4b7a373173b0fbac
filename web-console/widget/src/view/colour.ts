// The owner's colour, and what can be read on it (WCAG 2.2, relative luminance).

const DEFAULT = '#1257d6';

/** The colour, or ours if it is none. */
export const colourOf = (colour: string): string => (/^#[\da-f]{6}$/i.test(colour) ? colour : DEFAULT);

/** Black or white, whichever stands out more. */
export function textOn(colour: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => linear(parseInt(colour.slice(at, at + 2), 16) / 255));
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.179 ? '#000' : '#fff';
}

const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
