// A list of short values, one per line.
import { useConsoleTexts } from "../texts.ts";

export function Lines({ values }: { values: readonly string[] }) {
  const { none } = useConsoleTexts();
  if (values.length === 0) return <>{none}</>;
  return (
    <ul class="lines">
      {values.map((value) => (
        <li key={value}>{value}</li>
      ))}
    </ul>
  );
}
