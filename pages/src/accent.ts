// The accent colour of the operator, made light or dark enough to be read in each colour scheme.

type Rgb = readonly [number, number, number];

/**
 * The background in style.css with the least contrast: that of the page in the light scheme, and that of the cards in the dark one.
 * Text on a button has the colour of the cards, so its contrast is at least the same.
 */
const SCHEMES = [
  { property: "--brand-light", background: [243, 244, 247], towards: [0, 0, 0] },
  { property: "--brand-dark", background: [30, 32, 38], towards: [255, 255, 255] },
] as const;

/** WCAG 2.2, success criterion 1.4.3, with a margin for the rounding of colours. */
const MINIMUM_CONTRAST = 4.6;

/** Sets the custom properties that style.css uses. CSSOM is not inline style, so the content security policy permits it. */
export function applyAccent(color: string | null): void {
  const rgb = color === null ? undefined : parse(color);
  if (rgb === undefined) return;
  for (const { property, background, towards } of SCHEMES) {
    document.documentElement.style.setProperty(property, `rgb(${readable(rgb, background, towards).join(" ")})`);
  }
}

function parse(color: string): Rgb | undefined {
  const digits = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  const [red, green, blue] = (digits?.slice(1) ?? []).map((pair) => Number.parseInt(pair, 16));
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  return [red, green, blue];
}

/** The colour, mixed with black or white until its contrast to the background suffices. */
export function readable(color: Rgb, background: Rgb, towards: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.02) {
    const mixed = mix(color, towards, share);
    if (contrast(mixed, background) >= MINIMUM_CONTRAST) return mixed;
  }
  return towards;
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const channel = (one: number, other: number) => Math.round(one + (other - one) * share);
  return [channel(from[0], to[0]), channel(from[1], to[1]), channel(from[2], to[2])];
}

/** WCAG 2.2, "contrast ratio". */
export function contrast(one: Rgb, other: Rgb): number {
  const [lighter, darker] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** WCAG 2.2, "relative luminance". */
function luminance(color: Rgb): number {
  const linear = (channel: number) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(color[0]) + 0.7152 * linear(color[1]) + 0.0722 * linear(color[2]);
}
