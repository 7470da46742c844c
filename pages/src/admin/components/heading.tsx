// The heading of a view, and the title of the page.
import { createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";

/** The name of the service. */
export const ServiceName = createContext("");

/** `title` is for the browser, which keeps it in its history, so it names no user. */
export function Heading({ title, shown = title }: { title: string; shown?: string }) {
  const service = useContext(ServiceName);
  useEffect(() => {
    document.title = `${title} · ${service}`;
  }, [title, service]);
  return <h1>{shown}</h1>;
}
