package org.peft4j.internal.pattern;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads a regular expression of Python's {@code re} (3.11 and later), except for references to
 * groups, conditions on groups, names of characters and the flag L.
 */
final class PatternParser {
  private static final int MAX_NESTING = 100;
  private static final String UNCLOSED = "a parenthesis that is not closed";

  private final PatternText text;
  private final SetParser sets;
  private final Set<String> names = new HashSet<>();
  private Flags flags = Flags.NONE;
  private int groups;
  private int nesting;

  private PatternParser(String pattern) {
    this.text = new PatternText(pattern);
    this.sets = new SetParser(text);
  }

  /**
   * A regular expression that was read.
   *
   * @param groups how many numbered groups it has
   */
  record Parsed(Node node, int groups) {}

  /** The parts of {@code pattern}. */
  static Parsed parse(String pattern) {
    PatternParser parser = new PatternParser(pattern);
    parser.globalFlags();
    Node node = parser.choice();
    if (!parser.text.atEnd()) {
      throw new PatternError("a parenthesis that is not open", parser.text.position());
    }
    return new Parsed(node, parser.groups);
  }

  private void globalFlags() {
    int begin = text.position();
    while (text.skip("(?")) {
      Optional<Flags> read = flags.read(text);
      if (read.isEmpty() || !text.skip(")")) {
        text.back(begin);
        return;
      }
      flags = read.get();
      begin = text.position();
    }
  }

  private Node choice() {
    List<Node> alternatives = new ArrayList<>(List.of(sequence()));
    while (text.skip("|")) {
      alternatives.add(sequence());
    }
    return alternatives.size() == 1 ? alternatives.get(0) : new Node.Choice(alternatives);
  }

  private Node sequence() {
    List<Node> parts = new ArrayList<>();
    skipIgnored();
    while (!text.atEnd() && text.peek() != '|' && text.peek() != ')') {
      parts.add(repeated(atom()));
      skipIgnored();
    }
    return new Node.Sequence(parts);
  }

  /** Comments, and white space with the flag x. */
  private void skipIgnored() {
    while (true) {
      if (text.skip("(?#")) {
        text.upTo(')', "a comment that is not closed");
      } else if (flags.verbose() && " \t\n\r\f\u000b".indexOf(text.peek()) >= 0) {
        text.next("");
      } else if (flags.verbose() && text.peek() == '#') {
        while (!text.atEnd() && text.next("") != '\n') {}
      } else {
        return;
      }
    }
  }

  private Node repeated(Node atom) {
    int begin = text.position();
    Node.Repeat times = times(atom);
    if (times == null) {
      return atom;
    }
    if (atom instanceof Node.Edge) {
      throw new PatternError("a repetition of nothing", begin);
    }
    Node result = times;
    if (text.skip("?")) {
      result = new Node.Repeat(atom, times.min(), times.max(), false);
    } else if (text.skip("+")) {
      result = new Node.Atomic(times);
    }
    skipIgnored();
    if (times(atom) != null) {
      throw new PatternError("a repetition of a repetition", begin);
    }
    return result;
  }

  private Node.@Nullable Repeat times(Node atom) {
    int begin = text.position();
    if (text.skip("*")) {
      return new Node.Repeat(atom, 0, Node.Repeat.ENDLESS, true);
    }
    if (text.skip("+")) {
      return new Node.Repeat(atom, 1, Node.Repeat.ENDLESS, true);
    }
    if (text.skip("?")) {
      return new Node.Repeat(atom, 0, 1, true);
    }
    if (!text.skip("{") || text.peek() == '}') {
      text.back(begin);
      return null;
    }
    int min = text.number(-1);
    int max = text.skip(",") ? text.number(Node.Repeat.ENDLESS) : min;
    if (!text.skip("}") || max < 0) {
      text.back(begin);
      return null;
    }
    if (max < min) {
      throw new PatternError("a repetition whose limits are in the wrong order", begin);
    }
    return new Node.Repeat(atom, Math.max(0, min), max, true);
  }

  private Node atom() {
    int begin = text.position();
    if (times(new Node.Sequence(List.of())) != null) {
      throw new PatternError("a repetition of nothing", begin);
    }
    int c = text.next("");
    return switch (c) {
      case '(' -> group(begin);
      case '[' -> new Node.Chars(sets.set(flags.ascii(), flags.eitherCase()));
      case '\\' -> escape(begin);
      case '.' -> new Node.Chars(flags.dotAll() ? x -> true : x -> x != '\n');
      case '^' -> new Node.Edge(flags.lines() ? EdgeKind.LINE_START : EdgeKind.START);
      case '$' -> new Node.Edge(flags.lines() ? EdgeKind.LINE_END : EdgeKind.LAST_LINE);
      default -> literal(c);
    };
  }

  private Node literal(int c) {
    IntPredicate set = x -> x == c;
    return new Node.Chars(flags.eitherCase() ? CharSets.inEitherCase(set) : set);
  }

  private Node escape(int begin) {
    int letter = text.next("a backslash at the end");
    return switch (letter) {
      case 'A' -> new Node.Edge(EdgeKind.START);
      case 'Z' -> new Node.Edge(EdgeKind.END);
      case 'b' -> new Node.Edge(EdgeKind.WORD);
      case 'B' -> new Node.Edge(EdgeKind.NO_WORD);
      case 'd', 'D', 's', 'S', 'w', 'W' ->
          new Node.Chars(CharSets.named((char) letter, flags.ascii()));
      case '0' -> literal(sets.octal(letter));
      case '1', '2', '3', '4', '5', '6', '7', '8', '9' -> literal(threeOctal(letter, begin));
      default -> literal(sets.character(letter, begin));
    };
  }

  /** Three octal digits are a character; fewer ones, or decimal ones, refer to a group. */
  private int threeOctal(int first, int begin) {
    int character = sets.octal(first);
    if (first > '3' || text.position() != begin + 4) {
      throw new PatternError("a reference to a group, which is not supported,", begin);
    }
    return character;
  }

  private Node group(int begin) {
    if (++nesting > MAX_NESTING) {
      throw new PatternError("more than " + MAX_NESTING + " parentheses in each other", begin);
    }
    Flags outside = flags;
    Node node = text.skip("?") ? extension(begin) : numbered();
    flags = outside;
    nesting--;
    return node;
  }

  private Node numbered() {
    int number = ++groups;
    return new Node.Group(number, closed());
  }

  private Node closed() {
    Node body = choice();
    if (!text.skip(")")) {
      throw new PatternError(UNCLOSED, text.position());
    }
    return body;
  }

  private Node extension(int begin) {
    if (text.skip(":")) {
      return closed();
    }
    if (text.skip("P<")) {
      String name = text.upTo('>', "a group whose name does not end");
      if (!name.matches("[\\p{L}_][\\p{L}\\p{N}_]*") || !names.add(name)) {
        throw new PatternError("a group whose name is not one, or not its own,", begin);
      }
      return numbered();
    }
    if (text.skip("=") || text.skip("!")) {
      text.back(text.position() - 1);
      boolean wanted = text.next(UNCLOSED) == '=';
      return new Node.Look(closed(), 0, wanted);
    }
    if (text.skip("<=") || text.skip("<!")) {
      text.back(text.position() - 1);
      boolean wanted = text.next(UNCLOSED) == '=';
      return behind(closed(), wanted, begin);
    }
    if (text.skip(">")) {
      return new Node.Atomic(closed());
    }
    Optional<Flags> read = flags.read(text);
    if (read.isPresent() && text.skip(":")) {
      flags = read.get();
      return closed();
    }
    throw new PatternError(
        read.isPresent() && text.peek() == ')'
            ? "flags that are not at the beginning"
            : "a kind of parenthesis that is not supported",
        begin);
  }

  private static Node behind(Node body, boolean wanted, int begin) {
    int width = body.width();
    if (width == Node.VARIABLE) {
      throw new PatternError("a look behind whose length is not fixed", begin);
    }
    return new Node.Look(body, width, wanted);
  }
}
