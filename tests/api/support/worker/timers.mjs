// Lets a test make the platform throw inside of the Worker. It is imported before the Worker.
let fails = false;
const setTimer = globalThis.setTimeout;

globalThis.setTimeout = (...args) => {
  if (!fails) return setTimer(...args);
  fails = false;
  throw new Error("setTimeout fails, as the test requested");
};

export function failNextTimer() {
  fails = true;
}
