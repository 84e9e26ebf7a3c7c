package org.peft4j.cli.run;

import java.util.Map;
import picocli.CommandLine.Option;

/** Whether a command prints in colours. */
final class ColorChoice {
  /** When. */
  enum When {
    AUTO,
    ALWAYS,
    NEVER
  }

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      defaultValue = "auto",
      description =
          "Colours: auto (on a terminal, unless NO_COLOR is set), always or never (default:"
              + " ${DEFAULT-VALUE}).")
  When when = When.AUTO;

  boolean wanted() {
    return wanted(when, System.console() != null, System.getenv());
  }

  /** As <a href="https://no-color.org">no-color.org</a> asks. */
  static boolean wanted(When when, boolean terminal, Map<String, String> environment) {
    return switch (when) {
      case ALWAYS -> true;
      case NEVER -> false;
      case AUTO ->
          terminal
              && environment.getOrDefault("NO_COLOR", "").isEmpty()
              && !environment.getOrDefault("TERM", "").equals("dumb");
    };
  }
}
