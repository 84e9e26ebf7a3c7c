package org.peft4j.internal.pattern;

import java.util.List;
import java.util.function.IntPredicate;

/** A part of a regular expression. */
sealed interface Node {
  /** The width of something that matches texts of different lengths, or of great length. */
  int VARIABLE = -1;

  /** The largest width that is not {@link #VARIABLE}. */
  int WIDEST = 10_000;

  /** How many code points every match has, or {@link #VARIABLE}. */
  int width();

  /** One code point of a set. */
  record Chars(IntPredicate set) implements Node {
    @Override
    public int width() {
      return 1;
    }
  }

  /** Parts one after the other. */
  record Sequence(List<Node> parts) implements Node {
    @Override
    public int width() {
      int sum = 0;
      for (Node part : parts) {
        int width = part.width();
        if (width == VARIABLE || sum + width > WIDEST) {
          return VARIABLE;
        }
        sum += width;
      }
      return sum;
    }
  }

  /** The first alternative that leads to a match. */
  record Choice(List<Node> alternatives) implements Node {
    @Override
    public int width() {
      List<Integer> widths = alternatives.stream().map(Node::width).distinct().toList();
      return widths.size() == 1 ? widths.get(0) : VARIABLE;
    }
  }

  /** A part {@code min} to {@code max} times: as often as possible if greedy. */
  record Repeat(Node body, int min, int max, boolean greedy) implements Node {
    static final int ENDLESS = Integer.MAX_VALUE;

    @Override
    public int width() {
      int width = body.width();
      return min != max || width == VARIABLE || (long) min * width > WIDEST
          ? VARIABLE
          : min * width;
    }
  }

  /** A group whose text can be asked for. */
  record Group(int number, Node body) implements Node {
    @Override
    public int width() {
      return body.width();
    }
  }

  /** A part that gives nothing back once it matched: {@code (?>…)}. */
  record Atomic(Node body) implements Node {
    @Override
    public int width() {
      return body.width();
    }
  }

  /** A condition on the text ahead, or on the {@code back} code points behind. */
  record Look(Node body, int back, boolean wanted) implements Node {
    @Override
    public int width() {
      return 0;
    }
  }

  /** A condition on the place between two code points. */
  record Edge(EdgeKind kind) implements Node {
    @Override
    public int width() {
      return 0;
    }
  }
}
