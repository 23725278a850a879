import type { FullResult, Reporter, Suite } from "@playwright/test/reporter";

/** The closing line that every runner of this project prints: `N passed, N failed`. */
export default class Closing implements Reporter {
  private suite?: Suite;

  onBegin(_config: unknown, suite: Suite): void {
    this.suite = suite;
  }

  onEnd(_result: FullResult): void {
    const outcomes = (this.suite?.allTests() ?? []).map((test) => test.outcome());
    const passed = outcomes.filter((outcome) => outcome === "expected").length;
    console.log(`\n${passed} passed, ${outcomes.length - passed} failed`);
  }

  printsToStdio(): boolean {
    return true;
  }
}
