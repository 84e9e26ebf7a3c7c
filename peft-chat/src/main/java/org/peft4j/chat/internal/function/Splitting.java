package org.peft4j.chat.internal.function;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.peft4j.chat.internal.value.Arguments;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.chat.internal.value.Tuple;

/** The methods of a string that cut it. */
final class Splitting {
  private Splitting() {}

  static List<Object> split(Budget budget, String text, Arguments arguments, boolean fromRight) {
    arguments.only("split", "sep", "maxsplit");
    Optional<String> separator = arguments.text(0, "sep");
    long most = arguments.number(1, "maxsplit").orElse(-1L);
    budget.characters(text.length());
    if (separator.isEmpty()) {
      return fromRight ? wordsFromRight(text, most) : words(text, most);
    }
    if (separator.get().isEmpty()) {
      throw new TemplateProblem("split() has an empty separator");
    }
    return fromRight
        ? piecesFromRight(text, separator.get(), most)
        : pieces(text, separator.get(), most);
  }

  private static List<Object> pieces(String text, String separator, long most) {
    List<Object> pieces = new ArrayList<>();
    int begin = 0;
    for (int at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, begin)) {
      if (pieces.size() == most) {
        break;
      }
      pieces.add(text.substring(begin, at));
      begin = at + separator.length();
    }
    pieces.add(text.substring(begin));
    return pieces;
  }

  private static List<Object> piecesFromRight(String text, String separator, long most) {
    List<Object> pieces = new ArrayList<>();
    String rest = text;
    for (int at = rest.lastIndexOf(separator); at >= 0; at = rest.lastIndexOf(separator)) {
      if (pieces.size() == most) {
        break;
      }
      pieces.add(rest.substring(at + separator.length()));
      rest = rest.substring(0, at);
    }
    pieces.add(rest);
    Collections.reverse(pieces);
    return pieces;
  }

  private static List<Object> words(String text, long most) {
    List<Object> words = new ArrayList<>();
    String rest = PythonSpace.strip(text, true, false);
    while (!rest.isEmpty()) {
      if (words.size() == most) {
        words.add(rest);
        break;
      }
      int end = 0;
      while (end < rest.length() && !PythonSpace.is(rest.charAt(end))) {
        end++;
      }
      words.add(rest.substring(0, end));
      rest = PythonSpace.strip(rest.substring(end), true, false);
    }
    return words;
  }

  private static List<Object> wordsFromRight(String text, long most) {
    List<Object> words = new ArrayList<>();
    String rest = PythonSpace.strip(text, false, true);
    while (!rest.isEmpty()) {
      if (words.size() == most) {
        words.add(rest);
        break;
      }
      int begin = rest.length();
      while (begin > 0 && !PythonSpace.is(rest.charAt(begin - 1))) {
        begin--;
      }
      words.add(rest.substring(begin));
      rest = PythonSpace.strip(rest.substring(0, begin), false, true);
    }
    Collections.reverse(words);
    return words;
  }

  static List<Object> lines(Budget budget, String text, boolean keepEnds) {
    budget.characters(text.length());
    List<Object> lines = new ArrayList<>();
    int begin = 0;
    while (begin < text.length()) {
      int end = begin;
      while (end < text.length() && !PythonSpace.endsLine(text.charAt(end))) {
        end++;
      }
      int next = Math.min(text.length(), end + (text.startsWith("\r\n", end) ? 2 : 1));
      lines.add(text.substring(begin, keepEnds ? next : end));
      begin = next;
    }
    return lines;
  }

  static Tuple partition(Budget budget, String text, String separator, boolean last) {
    if (separator.isEmpty()) {
      throw new TemplateProblem("partition() has an empty separator");
    }
    budget.characters(text.length());
    int at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
    if (at < 0) {
      return Tuple.of(last ? List.of("", "", text) : List.of(text, "", ""));
    }
    return Tuple.of(
        List.of(text.substring(0, at), separator, text.substring(at + separator.length())));
  }
}
