// The sign of work in progress. Screen readers get it from a text beside it.
export function Spinner() {
  return (
    <svg class="spinner" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" stroke-width="3" stroke-dasharray="42 15" />
    </svg>
  );
}
