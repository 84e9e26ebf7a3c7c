package org.peft4j.internal;

/** Text from a file or a user, made safe to show in a message: quoted, escaped and shortened. */
public final class Quoted {
  private static final int MAX_LENGTH = 120;

  private Quoted() {}

  /** Returns {@code text} in double quotes, on one line and at most about 120 characters long. */
  public static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < Math.min(text.length(), MAX_LENGTH); i++) {
      char c = text.charAt(i);
      boolean plain = PlainText.allows(c) && c != '\n' && c != '\t' && c != '"';
      out.append(plain ? String.valueOf(c) : PlainText.escaped(c));
    }
    if (text.length() > MAX_LENGTH) {
      out.append("…\" (").append(text.length()).append(" characters)");
      return out.toString();
    }
    return out.append('"').toString();
  }
}
