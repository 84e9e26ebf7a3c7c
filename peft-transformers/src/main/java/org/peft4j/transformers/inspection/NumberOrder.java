package org.peft4j.transformers.inspection;

import java.util.Comparator;

/**
 * Names by their parts between dots: numbers before words, and by their value, so that layer 2
 * comes before layer 10. A comparison makes no objects: names may be long and many.
 */
enum NumberOrder implements Comparator<String> {
  INSTANCE;

  @Override
  public int compare(String a, String b) {
    int left = commonParts(a, b);
    int right = left;
    while (left <= a.length() && right <= b.length()) {
      int leftEnd = end(a, left);
      int rightEnd = end(b, right);
      int order = part(a, left, leftEnd, b, right, rightEnd);
      if (order != 0) {
        return order;
      }
      left = leftEnd + 1;
      right = rightEnd + 1;
    }
    // One is the beginning of the other, or they differ in zeros before numbers.
    int order = Boolean.compare(left <= a.length(), right <= b.length());
    return order != 0 ? order : a.compareTo(b);
  }

  /** Where the first part begins that differs, or the last part. */
  private static int commonParts(String a, String b) {
    int most = Math.min(a.length(), b.length());
    int begin = 0;
    for (int i = 0; i < most && a.charAt(i) == b.charAt(i); i++) {
      if (a.charAt(i) == '.') {
        begin = i + 1;
      }
    }
    return begin;
  }

  private static int end(String name, int begin) {
    int dot = name.indexOf('.', begin);
    return dot < 0 ? name.length() : dot;
  }

  private static int part(String a, int left, int leftEnd, String b, int right, int rightEnd) {
    boolean number = isNumber(a, left, leftEnd);
    if (number != isNumber(b, right, rightEnd)) {
      return number ? -1 : 1;
    }
    if (!number) {
      return text(a, left, leftEnd, b, right, rightEnd);
    }
    int leftDigits = skipZeros(a, left, leftEnd);
    int rightDigits = skipZeros(b, right, rightEnd);
    int order = Integer.compare(leftEnd - leftDigits, rightEnd - rightDigits);
    return order != 0 ? order : text(a, leftDigits, leftEnd, b, rightDigits, rightEnd);
  }

  private static int text(String a, int left, int leftEnd, String b, int right, int rightEnd) {
    int common = Math.min(leftEnd - left, rightEnd - right);
    for (int i = 0; i < common; i++) {
      int order = Character.compare(a.charAt(left + i), b.charAt(right + i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(leftEnd - left, rightEnd - right);
  }

  private static boolean isNumber(String name, int begin, int end) {
    for (int i = begin; i < end; i++) {
      if (name.charAt(i) < '0' || name.charAt(i) > '9') {
        return false;
      }
    }
    return begin < end;
  }

  private static int skipZeros(String name, int begin, int end) {
    int at = begin;
    while (at < end - 1 && name.charAt(at) == '0') {
      at++;
    }
    return at;
  }
}
