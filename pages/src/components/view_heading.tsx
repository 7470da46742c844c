// The heading of a view that replaces another one on the same page. It takes the focus, which was in the earlier view.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

export function ViewHeading({ children }: { children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}
