// A QR code as an image of this page.
import { useEffect, useState } from "preact/hooks";

/** The modules around the code that scanners need (ISO/IEC 18004, "quiet zone"). */
const QUIET_MODULES = 4;

interface Drawing {
  path: string;
  size: number;
}

/** Shows nothing until the script that computes the code is loaded. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const [drawing, setDrawing] = useState<Drawing>();
  useEffect(() => {
    // The user can still type the key if the script cannot be loaded.
    import("uqr").then(
      ({ encode }) => setDrawing(drawn(encode(text, { ecc: "M", border: QUIET_MODULES }).data)),
      () => {},
    );
  }, [text]);
  if (drawing === undefined) return <div class="qr" />;
  return (
    <svg class="qr" viewBox={`0 0 ${drawing.size} ${drawing.size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path fill="#fff" d={`M0 0h${drawing.size}v${drawing.size}H0z`} />
      <path fill="#000" d={drawing.path} />
    </svg>
  );
}

/** A square for each dark module. */
function drawn(rows: boolean[][]): Drawing {
  const squares = rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")));
  return { path: squares.join(""), size: rows.length };
}
