// Whether the user has had the time to see the question of the consent page.
import { useEffect, useState } from "preact/hooks";

/** Longer than the pause between the clicks of a double click, and shorter than a user needs to read the question. */
const ATTENTION_MS = 500;

/**
 * Whether the page has been visible and focused for half a second. Another site can have the user double-click in a window that it
 * closes with the first click, so that the second one meets the page below it.
 */
export function useAttention(): boolean {
  const [hasAttention, setAttention] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const check = () => {
      clearTimeout(timer);
      setAttention(false);
      if (document.visibilityState === "visible" && document.hasFocus()) timer = setTimeout(() => setAttention(true), ATTENTION_MS);
    };
    check();
    addEventListener("focus", check);
    addEventListener("blur", check);
    document.addEventListener("visibilitychange", check);
    return () => {
      clearTimeout(timer);
      removeEventListener("focus", check);
      removeEventListener("blur", check);
      document.removeEventListener("visibilitychange", check);
    };
  }, []);
  return hasAttention;
}
