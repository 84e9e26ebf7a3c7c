package org.peft4j.internal;

/** The numbers of layers in names: parts between dots that are all digits. */
public final class LayerNumbers {
  private LayerNumbers() {}

  /** The name with a {@code *} for each number between dots. */
  public static String starred(String name) {
    StringBuilder text = new StringBuilder(name.length());
    int begin = 0;
    for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', begin)) {
      boolean number = begin > 0 && digits(name, begin, dot);
      text.append(number ? "*" : name.substring(begin, dot)).append('.');
      begin = dot + 1;
    }
    return text.append(name, begin, name.length()).toString();
  }

  private static boolean digits(String name, int begin, int end) {
    for (int i = begin; i < end; i++) {
      if (name.charAt(i) < '0' || name.charAt(i) > '9') {
        return false;
      }
    }
    return begin < end;
  }
}
