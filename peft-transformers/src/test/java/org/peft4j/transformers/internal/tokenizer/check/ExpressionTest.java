package org.peft4j.transformers.internal.tokenizer.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;

/**
 * The ways through an expression, counted by hand: one for each number of repetitions where what
 * follows can fail, one where nothing that follows can.
 */
class ExpressionTest {
  /** A look ahead is a try of its own. */
  static Stream<Arguments> bounded() {
    return Stream.of(
        arguments("a", new Paths(1, 0), 1),
        arguments("abc", new Paths(1, 0), 3),
        arguments("a+", new Paths(1, 0), 1),
        arguments("a*b", new Paths(1, 1), 1),
        arguments("\\s+(?!\\S)", new Paths(2, 2), 1),
        arguments("\\s+$", new Paths(1, 1), 1),
        arguments("a?b", new Paths(2, 0), 1),
        arguments("a{2,4}b", new Paths(3, 0), 3),
        arguments("a{3}", new Paths(1, 0), 3),
        arguments("a{2,}b", new Paths(1, 1), 3),
        arguments("[^\\s\\p{L}]+[\\r\\n]*", new Paths(1, 0), 1),
        arguments("a++b", new Paths(1, 0), 2),
        arguments("(?>a+)b", new Paths(1, 0), 2),
        arguments("(?:ab)+c", new Paths(1, 1), 3),
        arguments("[[:alpha:]&&[^a]]", new Paths(1, 0), 1),
        arguments("\\x{1F600}", new Paths(1, 0), 1));
  }

  @ParameterizedTest
  @MethodSource("bounded")
  void waysAreCounted(String text, Paths paths, int shortest) {
    Expression expression = Expression.parse(text, "here");

    assertThat(expression.paths()).isEqualTo(paths);
    assertThat(expression.shortest()).isEqualTo(shortest);
  }

  /** Each way through a branch counts with the branch's parts: 2 × 1 + 1. */
  @Test
  void alternativesAddUp() {
    assertThat(Expression.parse("ab|c", "here").paths()).isEqualTo(new Paths(3, 0));
  }

  static Stream<Arguments> unbounded() {
    return Stream.of(
        arguments("a*a*b", "two repetitions without end"),
        arguments("(a|b)*c", "repeats alternatives without end"),
        arguments("(?:a?b)+c", "repeats alternatives without end"),
        arguments("(a*)*", "repeats what can match nothing"),
        arguments("a**", "repeats a repetition"),
        arguments("a{1,2}{3}", "repeats nothing"),
        arguments("a{5,2}", "at least 5 and at most 2"),
        arguments("a{1001}", "more than 1000"),
        arguments("(a)\\1", "an escape that is not supported"),
        arguments("\\k<n>", "an escape that is not supported"),
        arguments("(?<n>a)", "a kind of group"),
        arguments("(?#a)", "a kind of group"),
        arguments("(?i)", "can match nothing"),
        arguments("a|", "can match nothing"),
        arguments("(a", "lacks a )"),
        arguments("a)", "a ) too many"),
        arguments("[a", "lacks a ]"),
        arguments("[]", "an empty class"),
        arguments("+a", "repeats nothing"));
  }

  @ParameterizedTest
  @MethodSource("unbounded")
  void whatIsNotBoundedIsRefused(String text, String message) {
    assertThatThrownBy(() -> Expression.parse(text, "here"))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("here has the expression")
        .hasMessageContaining(message);
  }
}
