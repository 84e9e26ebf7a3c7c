package org.peft4j.transformers.inspection;

import java.util.Comparator;

/** Sorts names by their parts, and numeric parts by value: layer 2 before layer 10. */
enum NumberOrder implements Comparator<String> {
  INSTANCE;

  private static final int MAX_DIGITS = 9;

  @Override
  public int compare(String a, String b) {
    String[] left = a.split("\\.", -1);
    String[] right = b.split("\\.", -1);
    for (int i = 0; i < Math.min(left.length, right.length); i++) {
      int order =
          isNumber(left[i]) && isNumber(right[i])
              ? Integer.compare(Integer.parseInt(left[i]), Integer.parseInt(right[i]))
              : left[i].compareTo(right[i]);
      if (order != 0) {
        return order;
      }
    }
    int order = Integer.compare(left.length, right.length);
    return order != 0 ? order : a.compareTo(b);
  }

  private static boolean isNumber(String part) {
    return !part.isEmpty()
        && part.length() <= MAX_DIGITS
        && part.chars().allMatch(c -> c >= '0' && c <= '9');
  }
}
