// Messages between the tabs of this browser, which share one session.

export type Announcement = "signed_in" | "signed_out";

const channel = new BroadcastChannel("edge-auth");

/** Announces it to all other tabs. */
export function announce(announcement: Announcement): void {
  channel.postMessage(announcement);
}

/** Calls the function when another tab announces something. */
export function onAnnouncement(handle: (announcement: Announcement) => void): void {
  channel.addEventListener("message", ({ data }) => {
    if (data === "signed_in" || data === "signed_out") handle(data);
  });
}
