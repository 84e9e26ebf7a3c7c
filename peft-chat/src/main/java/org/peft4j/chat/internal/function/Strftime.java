package org.peft4j.chat.internal.function;

import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.Locale;
import org.peft4j.chat.internal.value.TemplateProblem;

/** Python's {@code datetime.strftime}, in the C locale. */
final class Strftime {
  private Strftime() {}

  static String of(ZonedDateTime time, String format) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      boolean unpadded = format.charAt(i + 1) == '-' && i + 2 < format.length();
      i += unpadded ? 2 : 1;
      String part = part(time, format.charAt(i));
      out.append(unpadded && part.length() > 1 ? part.replaceFirst("^0+(?=\\d)", "") : part);
    }
    return out.toString();
  }

  private static String part(ZonedDateTime time, char kind) {
    return switch (kind) {
      case 'Y' -> String.valueOf(time.getYear());
      case 'y' -> two(time.getYear() % 100);
      case 'm' -> two(time.getMonthValue());
      case 'd' -> two(time.getDayOfMonth());
      case 'e' -> "%2d".formatted(time.getDayOfMonth());
      case 'j' -> "%03d".formatted(time.getDayOfYear());
      case 'H' -> two(time.getHour());
      case 'I' -> two((time.getHour() + 11) % 12 + 1);
      case 'M' -> two(time.getMinute());
      case 'S' -> two(time.getSecond());
      case 'f' -> "%06d".formatted(time.getNano() / 1000);
      case 'p' -> time.getHour() < 12 ? "AM" : "PM";
      case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'a' -> time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'B' -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      // Java has "Sept" in some locales' data; C has three letters always.
      case 'b', 'h' ->
          time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH).substring(0, 3);
      case 'F' -> of(time, "%Y-%m-%d");
      case 'T' -> of(time, "%H:%M:%S");
      case 'D' -> of(time, "%m/%d/%y");
      case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
      case 'u' -> String.valueOf(time.getDayOfWeek().getValue());
      case 'z', 'Z' -> "";
      case '%' -> "%";
      default ->
          throw new TemplateProblem("asks strftime_now for %" + kind + ", which is not known");
    };
  }

  private static String two(int number) {
    return "%02d".formatted(number);
  }
}
