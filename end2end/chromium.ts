import { existsSync } from "node:fs";

const DEBIAN = "/usr/bin/chromium";

/** The browser of the system, quiet: nothing of its own goes to the network or into a window. */
export const CHROMIUM = {
  executablePath: existsSync(DEBIAN) ? DEBIAN : undefined,
  args: [
    // As root there is no sandbox to be had.
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // The development certificate is trusted by nobody; workers and sockets are to accept it too.
    "--ignore-certificate-errors",
  ],
};
