// Saving a file that the page has put together.

/** Offers the text to the user as a file with this name. */
export function download(name: string, parts: string[], type: string): void {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read the file by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The name of an export, with the date of today. */
export const datedName = (start: string, extension: string): string => `${start}-${new Date().toISOString().slice(0, 10)}.${extension}`;
