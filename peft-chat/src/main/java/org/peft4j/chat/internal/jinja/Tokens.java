package org.peft4j.chat.internal.jinja;

import java.util.List;
import org.peft4j.chat.internal.jinja.Token.Kind;

/** The tokens of a template, with the place of the parser in them. */
final class Tokens {
  private final List<Token> tokens;
  private int at;

  Tokens(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(at);
  }

  Token peekNext() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = tokens.get(at);
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  boolean isOperator(String text) {
    return peek().is(Kind.OPERATOR, text);
  }

  boolean isName(String text) {
    return peek().is(Kind.NAME, text);
  }

  /** Passes an operator, if it is the next token. */
  boolean skipOperator(String text) {
    boolean is = isOperator(text);
    if (is) {
      next();
    }
    return is;
  }

  /** Passes a name, if it is the next token. */
  boolean skipName(String text) {
    boolean is = isName(text);
    if (is) {
      next();
    }
    return is;
  }

  Token expect(Kind kind) {
    if (peek().kind() != kind) {
      throw unexpected(kind == Kind.CLOSE ? "the end of the tag" : "a name");
    }
    return next();
  }

  void expectOperator(String text) {
    if (!skipOperator(text)) {
      throw unexpected("'" + text + "'");
    }
  }

  /** The names from here on. */
  Mentions mentions() {
    return new Mentions(at);
  }

  /** The names between a place and the present one. */
  final class Mentions {
    private final int begin;

    private Mentions(int begin) {
      this.begin = begin;
    }

    boolean since(String name) {
      return tokens.subList(begin, at).stream().anyMatch(token -> token.is(Kind.NAME, name));
    }
  }

  SyntaxProblem unexpected(String wanted) {
    return new SyntaxProblem(
        peek().line(), "has " + peek().shown() + " where " + wanted + " is expected");
  }
}
