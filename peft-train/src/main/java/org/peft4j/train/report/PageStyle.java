package org.peft4j.train.report;

/** How a page looks: on wide and narrow screens, on dark ones, and on paper. */
final class PageStyle {
  /**
   * Charts are drawn in dark on white; on dark pages, light and dark change places and hues stay.
   */
  static final String CSS =
      """
      :root { color-scheme: light dark; --ink: #222; --page: #fff; --line: #ddd; --soft: #f6f6f6; }
      h1 { overflow-wrap: anywhere; }
      body { font: 15px/1.5 system-ui, sans-serif; max-width: 1300px; margin: 2em auto; padding: 0 1em; color: var(--ink); background: var(--page); }
      .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr)); gap: 8px; }
      img { width: 100%; height: auto; box-sizing: border-box; border: 1px solid #e5e5e5; border-radius: 4px; }
      .legend { position: sticky; top: 0; margin: 0; padding: 6px 0; background: var(--page); }
      .legend span { margin-right: 1.5em; white-space: nowrap; }
      .legend i { display: inline-block; width: 2em; margin-right: 0.5em; vertical-align: middle; border-top: 3px solid; }
      .wide { overflow-x: auto; }
      table { border-collapse: collapse; } td, th { border: 1px solid var(--line); padding: 4px 10px; text-align: left; vertical-align: top; }
      td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
      td.t { overflow-wrap: anywhere; min-width: 12em; white-space: pre-wrap; }
      pre { background: var(--soft); padding: 1em; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
      @media (prefers-color-scheme: dark) {
        :root { --ink: #ddd; --page: #161616; --line: #444; --soft: #222; }
        img, .legend i { filter: invert(0.91) hue-rotate(180deg); }
      }
      @media print {
        :root { color-scheme: light; --ink: #000; --page: #fff; --line: #bbb; --soft: #fff; }
        h1 { overflow-wrap: anywhere; }
      body { font-size: 11px; margin: 0; max-width: none; }
        .charts { grid-template-columns: 1fr 1fr; }
        img, .legend i { filter: none; } img { break-inside: avoid; } .legend { position: static; }
        tr { break-inside: avoid; } h2 { break-after: avoid; }
      }
      """;

  private PageStyle() {}
}
