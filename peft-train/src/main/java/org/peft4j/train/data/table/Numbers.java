package org.peft4j.train.data.table;

import java.util.regex.Pattern;

/** Texts that are numbers. */
final class Numbers {
  private static final Pattern NUMBER =
      Pattern.compile("\\s*[-+]?(\\d{1,40}(\\.\\d{0,40})?|\\.\\d{1,40})([eE][-+]?\\d{1,4})?\\s*");

  private static final Pattern WHOLE = Pattern.compile("\\s*[-+]?\\d{1,9}\\s*");

  private Numbers() {}

  static boolean is(String text) {
    return NUMBER.matcher(text).matches();
  }

  /** Whether a text is an integer of 32 bits. */
  static boolean isWhole(String text) {
    return WHOLE.matcher(text).matches();
  }
}
