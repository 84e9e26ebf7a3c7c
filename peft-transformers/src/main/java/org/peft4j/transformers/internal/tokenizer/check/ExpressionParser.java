package org.peft4j.transformers.internal.tokenizer.check;

import static org.peft4j.internal.Quoted.quoted;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.tokenizer.check.ExpressionNode.Atomic;
import org.peft4j.transformers.internal.tokenizer.check.ExpressionNode.Choice;
import org.peft4j.transformers.internal.tokenizer.check.ExpressionNode.Place;
import org.peft4j.transformers.internal.tokenizer.check.ExpressionNode.Repetition;
import org.peft4j.transformers.internal.tokenizer.check.ExpressionNode.Sequence;

/** Reads the expressions that {@link Expression} describes. Messages go on from "which". */
final class ExpressionParser {
  private static final int MAX_DEPTH = 16;

  private static final Pattern GROUP =
      Pattern.compile("\\(\\?(?:(?<flags>[im]*(?:-[im]+)?)(?<end>[:)])|(?<kind>>|=|!|<=|<!))");

  /** A class or a character: of a property, by its number, or after a backslash. */
  private static final Pattern ESCAPE =
      Pattern.compile(
          "\\\\(?:[pP]\\{\\^?\\w{1,40}}|[sSdDwWrntfv]|x\\{\\p{XDigit}{1,6}}|x\\p{XDigit}{2}"
              + "|u\\p{XDigit}{4}|[^\\p{Alnum}\\s])");

  private static final Pattern PLACE = Pattern.compile("\\\\[AzZbB]|[\\^$]");

  private static final Pattern COUNT =
      Pattern.compile("\\{(?:(\\d{1,4})(,(\\d{1,4})?)?|,(\\d{1,4}))}");

  private final String text;
  private int at;
  private int depth;

  ExpressionParser(String text) {
    this.text = text;
  }

  ExpressionNode parse() {
    ExpressionNode node = choice();
    if (at < text.length()) {
      throw new PeftException("has a ) too many at " + at);
    }
    return node;
  }

  private ExpressionNode choice() {
    if (++depth > MAX_DEPTH) {
      throw new PeftException("nests groups deeper than " + MAX_DEPTH);
    }
    List<Sequence> branches = new ArrayList<>();
    do {
      branches.add(sequence());
    } while (skip("|"));
    depth--;
    return new Choice(branches);
  }

  private Sequence sequence() {
    List<ExpressionNode> parts = new ArrayList<>();
    while (at < text.length() && !next("|") && !next(")")) {
      parts.add(repeated(atom()));
    }
    return new Sequence(parts);
  }

  private ExpressionNode repeated(ExpressionNode part) {
    ExpressionNode result = part;
    if (skip("?")) {
      result = greed(new Repetition(part, 0, 1));
    } else if (skip("*")) {
      result = greed(new Repetition(part, 0, Integer.MAX_VALUE));
    } else if (skip("+")) {
      result = greed(new Repetition(part, 1, Integer.MAX_VALUE));
    } else if (next("{")) {
      result = counted(part);
    }
    if (at < text.length() && "?*+".indexOf(text.charAt(at)) >= 0) {
      throw new PeftException("repeats a repetition at " + at);
    }
    return result;
  }

  private ExpressionNode greed(Repetition repetition) {
    if (skip("+")) {
      return new Atomic(repetition);
    }
    skip("?");
    return repetition;
  }

  private ExpressionNode counted(ExpressionNode part) {
    Matcher count = take(COUNT, "has a { at %d that is no count");
    if (count.group(4) != null) {
      return new Repetition(part, 0, Integer.parseInt(count.group(4)));
    }
    int least = Integer.parseInt(count.group(1));
    String most = count.group(3);
    if (most != null) {
      return new Repetition(part, least, Integer.parseInt(most));
    }
    return new Repetition(part, least, count.group(2) == null ? least : Integer.MAX_VALUE);
  }

  private ExpressionNode atom() {
    if (next("(")) {
      return group();
    }
    if (skip("[")) {
      characterClass(1);
      return new ExpressionNode.Character();
    }
    if (looking(PLACE)) {
      take(PLACE, "");
      return new Place(Paths.ONE);
    }
    if (next("\\")) {
      escape();
      return new ExpressionNode.Character();
    }
    if ("?*+{".indexOf(text.charAt(at)) >= 0) {
      throw new PeftException("repeats nothing at " + at);
    }
    at += java.lang.Character.charCount(text.codePointAt(at));
    return new ExpressionNode.Character();
  }

  private void escape() {
    take(ESCAPE, "has at %d an escape that is not supported");
  }

  private ExpressionNode group() {
    if (!text.startsWith("(?", at)) {
      at++;
      return closed(choice());
    }
    Matcher head = take(GROUP, "has at %d a kind of group that is not supported");
    if (")".equals(head.group("end"))) {
      return new Place(Paths.ONE); // Flags from here on.
    }
    ExpressionNode body = closed(choice());
    String kind = head.group("kind");
    if (kind == null) {
      return body;
    }
    return kind.equals(">") ? new Atomic(body) : new Place(body.paths(false).plus(Paths.ONE));
  }

  private ExpressionNode closed(ExpressionNode body) {
    if (!skip(")")) {
      throw new PeftException("lacks a )");
    }
    return body;
  }

  /** From behind the bracket; a class may hold others. */
  private void characterClass(int level) {
    if (level > MAX_DEPTH) {
      throw new PeftException("nests classes deeper than " + MAX_DEPTH);
    }
    skip("^");
    if (next("]")) {
      throw new PeftException("has an empty class at " + at);
    }
    while (!skip("]")) {
      if (at >= text.length()) {
        throw new PeftException("lacks a ]");
      }
      if (skip("[")) {
        characterClass(level + 1);
      } else if (next("\\")) {
        escape();
      } else {
        at++;
      }
    }
  }

  private boolean next(String token) {
    return text.startsWith(token, at);
  }

  private boolean skip(String token) {
    if (!next(token)) {
      return false;
    }
    at += token.length();
    return true;
  }

  private boolean looking(Pattern pattern) {
    return pattern.matcher(text).region(at, text.length()).lookingAt();
  }

  private Matcher take(Pattern pattern, String otherwise) {
    Matcher matcher = pattern.matcher(text).region(at, text.length());
    if (!matcher.lookingAt()) {
      throw new PeftException(
          otherwise.formatted(at)
              + ": "
              + quoted(text.substring(at, Math.min(at + 12, text.length()))));
    }
    at = matcher.end();
    return matcher;
  }
}
