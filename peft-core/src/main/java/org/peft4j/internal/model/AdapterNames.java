package org.peft4j.internal.model;

import java.util.regex.Pattern;
import org.peft4j.error.PeftException;

/** The names allowed for adapters. A name becomes a folder and a part of parameter keys. */
public final class AdapterNames {
  private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,99}");

  private AdapterNames() {}

  public static void require(String name) {
    if (!ALLOWED.matcher(name).matches()) {
      throw new PeftException(
          "Adapter name \""
              + name
              + "\" is not allowed: letters, digits, _ and -, at most 100, a letter or digit first.");
    }
  }
}
