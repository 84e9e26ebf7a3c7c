package org.peft4j.chat.internal.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.chat.internal.jinja.Token.Kind;
import org.peft4j.chat.internal.value.None;

/** Reads expressions, with jinja2's precedence: that of Python, with filters and tests last. */
final class ExpressionParser {
  private static final int DEEPEST = 100;
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final Tokens tokens;
  private int depth;

  ExpressionParser(Tokens tokens) {
    this.tokens = tokens;
  }

  Expression expression() {
    return expression(true);
  }

  /** An expression; without conditions, where an {@code if} has another meaning. */
  Expression expression(boolean conditions) {
    if (++depth > DEEPEST) {
      throw new SyntaxProblem(
          tokens.peek().line(), "nests expressions more than " + DEEPEST + " deep, the limit");
    }
    Expression value = conditions ? conditional() : or();
    depth--;
    return value;
  }

  /** An expression, or several with commas between, which are a tuple. */
  Expression tuple(boolean conditions) {
    List<Expression> items = new ArrayList<>();
    boolean comma = false;
    while (!endsTuple()) {
      items.add(expression(conditions));
      if (!tokens.skipOperator(",")) {
        return comma ? Nodes.list(items, true) : items.get(0);
      }
      comma = true;
    }
    if (items.isEmpty()) {
      throw tokens.unexpected("an expression");
    }
    return Nodes.list(items, true);
  }

  private boolean endsTuple() {
    return tokens.peek().kind() == Kind.CLOSE
        || tokens.isOperator(")")
        || tokens.isName("in")
        || tokens.isName("recursive");
  }

  private Expression conditional() {
    Expression value = or();
    while (tokens.skipName("if")) {
      Expression condition = or();
      Optional<Expression> otherwise =
          tokens.skipName("else") ? Optional.of(expression()) : Optional.empty();
      value = Nodes.conditional(condition, value, otherwise);
    }
    return value;
  }

  private Expression or() {
    Expression left = and();
    while (tokens.skipName("or")) {
      left = Nodes.or(left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.skipName("and")) {
      left = Nodes.and(left, not());
    }
    return left;
  }

  private Expression not() {
    if (tokens.isName("not")) {
      tokens.next();
      enter();
      Expression value = Nodes.not(not());
      depth--;
      return value;
    }
    return comparison();
  }

  private void enter() {
    if (++depth > DEEPEST) {
      throw new SyntaxProblem(
          tokens.peek().line(), "nests expressions more than " + DEEPEST + " deep, the limit");
    }
  }

  private Expression comparison() {
    Expression first = sum();
    List<String> operators = new ArrayList<>();
    List<Expression> others = new ArrayList<>();
    while (true) {
      if (tokens.peek().kind() == Kind.OPERATOR && COMPARISONS.contains(tokens.peek().text())) {
        operators.add(tokens.next().text());
      } else if (tokens.skipName("in")) {
        operators.add("in");
      } else if (tokens.isName("not") && tokens.peekNext().is(Kind.NAME, "in")) {
        tokens.next();
        tokens.next();
        operators.add("not in");
      } else {
        return operators.isEmpty() ? first : Nodes.comparison(first, operators, others);
      }
      others.add(sum());
    }
  }

  private Expression sum() {
    Expression left = concatenation();
    while (tokens.isOperator("+") || tokens.isOperator("-")) {
      String operator = tokens.next().text();
      left = Nodes.operation(operator, left, concatenation());
    }
    return left;
  }

  private Expression concatenation() {
    List<Expression> parts = new ArrayList<>(List.of(product()));
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return parts.size() == 1 ? parts.get(0) : Nodes.concatenation(parts);
  }

  private Expression product() {
    Expression left = power();
    while (tokens.isOperator("*")
        || tokens.isOperator("/")
        || tokens.isOperator("//")
        || tokens.isOperator("%")) {
      String operator = tokens.next().text();
      left = Nodes.operation(operator, left, power());
    }
    return left;
  }

  private Expression power() {
    Expression left = unary(true);
    while (tokens.skipOperator("**")) {
      left = Nodes.operation("**", left, unary(true));
    }
    return left;
  }

  private Expression unary(boolean filters) {
    enter();
    Expression value;
    if (tokens.skipOperator("-")) {
      value = Nodes.negative(unary(false));
    } else if (tokens.skipOperator("+")) {
      value = Nodes.positive(unary(false));
    } else {
      value = primary();
    }
    value = postfix(value);
    value = filters ? filtersAndTests(value) : value;
    depth--;
    return value;
  }

  private Expression primary() {
    Token token = tokens.peek();
    switch (token.kind()) {
      case NAME -> {
        tokens.next();
        return switch (token.text()) {
          case "true", "True" -> Nodes.constant(true);
          case "false", "False" -> Nodes.constant(false);
          case "none", "None" -> Nodes.constant(None.NONE);
          default -> Nodes.name(token.text());
        };
      }
      case STRING -> {
        StringBuilder text = new StringBuilder();
        while (tokens.peek().kind() == Kind.STRING) {
          text.append(tokens.next().text());
        }
        return Nodes.constant(text.toString());
      }
      case INTEGER -> {
        tokens.next();
        try {
          return Nodes.constant(Long.valueOf(token.text()));
        } catch (NumberFormatException e) {
          throw new SyntaxProblem(token.line(), "has a whole number beyond 64 bits");
        }
      }
      case FLOAT -> {
        tokens.next();
        return Nodes.constant(Double.valueOf(token.text()));
      }
      default -> {
        if (tokens.skipOperator("(")) {
          Expression value = tokens.isOperator(")") ? Nodes.list(List.of(), true) : tuple(true);
          tokens.expectOperator(")");
          return value;
        }
        if (tokens.skipOperator("[")) {
          return Nodes.list(list("]"), false);
        }
        if (tokens.skipOperator("{")) {
          return dict();
        }
        throw tokens.unexpected("an expression");
      }
    }
  }

  private List<Expression> list(String close) {
    List<Expression> items = new ArrayList<>();
    while (!tokens.isOperator(close)) {
      items.add(expression());
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator(close);
    return items;
  }

  private Expression dict() {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.isOperator("}")) {
      keys.add(expression());
      tokens.expectOperator(":");
      values.add(expression());
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator("}");
    return Nodes.dict(keys, values);
  }

  private Expression postfix(Expression first) {
    Expression value = first;
    int links = 0;
    while (true) {
      if (tokens.skipOperator(".")) {
        value = dotted(value);
      } else if (tokens.skipOperator("[")) {
        value = subscript(value);
      } else if (tokens.isOperator("(")) {
        value = Nodes.call(value, call());
      } else {
        return value;
      }
      requireShort(++links);
    }
  }

  /** Links are calls within calls when they run. */
  private void requireShort(int links) {
    if (links > DEEPEST) {
      throw new SyntaxProblem(
          tokens.peek().line(), "chains more than " + DEEPEST + " attributes, calls or filters");
    }
  }

  private Expression dotted(Expression value) {
    if (tokens.peek().kind() == Kind.INTEGER) {
      return Nodes.item(value, Nodes.constant(Long.valueOf(tokens.next().text())));
    }
    return Nodes.attribute(value, tokens.expect(Kind.NAME).text());
  }

  private Expression subscript(Expression value) {
    Optional<Expression> start =
        tokens.isOperator(":") ? Optional.empty() : Optional.of(expression());
    if (!tokens.isOperator(":")) {
      List<Expression> keys = new ArrayList<>(List.of(start.orElseThrow()));
      while (tokens.skipOperator(",")) {
        keys.add(expression());
      }
      tokens.expectOperator("]");
      return Nodes.item(value, keys.size() == 1 ? keys.get(0) : Nodes.list(keys, true));
    }
    tokens.next();
    Optional<Expression> stop = bound();
    Optional<Expression> step = tokens.skipOperator(":") ? bound() : Optional.empty();
    tokens.expectOperator("]");
    return Nodes.slice(value, start, stop, step);
  }

  private Optional<Expression> bound() {
    return tokens.isOperator(":") || tokens.isOperator("]")
        ? Optional.empty()
        : Optional.of(expression());
  }

  /** The arguments in parentheses. */
  Nodes.Call call() {
    tokens.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    Map<String, Expression> named = new LinkedHashMap<>();
    Optional<Expression> more = Optional.empty();
    Optional<Expression> moreNamed = Optional.empty();
    while (!tokens.isOperator(")")) {
      if (tokens.skipOperator("**")) {
        moreNamed = Optional.of(expression());
      } else if (tokens.skipOperator("*")) {
        more = Optional.of(expression());
      } else if (tokens.peek().kind() == Kind.NAME && tokens.peekNext().is(Kind.OPERATOR, "=")) {
        String name = tokens.next().text();
        tokens.next();
        named.put(name, expression());
      } else if (!named.isEmpty() || moreNamed.isPresent()) {
        throw tokens.unexpected("an argument with a name");
      } else {
        positional.add(expression());
      }
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator(")");
    return new Nodes.Call(positional, named, more, moreNamed);
  }

  private Expression filtersAndTests(Expression first) {
    Expression value = first;
    int links = 0;
    while (true) {
      if (tokens.skipOperator("|")) {
        value = filter(value);
      } else if (tokens.skipName("is")) {
        value = test(value);
      } else if (tokens.isOperator("(")) {
        value = Nodes.call(value, call());
      } else {
        return value;
      }
      requireShort(++links);
    }
  }

  /** What stands behind a {@code |}. */
  Expression filter(Expression value) {
    StringBuilder name = new StringBuilder(tokens.expect(Kind.NAME).text());
    while (tokens.skipOperator(".")) {
      name.append('.').append(tokens.expect(Kind.NAME).text());
    }
    return Nodes.filter(value, name.toString(), tokens.isOperator("(") ? call() : Nodes.Call.NONE);
  }

  private Expression test(Expression value) {
    boolean negated = tokens.skipName("not");
    StringBuilder name = new StringBuilder(tokens.expect(Kind.NAME).text());
    while (tokens.skipOperator(".")) {
      name.append('.').append(tokens.expect(Kind.NAME).text());
    }
    Nodes.Call call = Nodes.Call.NONE;
    if (tokens.isOperator("(")) {
      call = call();
    } else if (beginsArgument()) {
      enter();
      call =
          new Nodes.Call(List.of(postfix(primary())), Map.of(), Optional.empty(), Optional.empty());
      depth--;
    }
    return Nodes.test(value, name.toString(), call, negated);
  }

  private boolean beginsArgument() {
    Token token = tokens.peek();
    return switch (token.kind()) {
      case STRING, INTEGER, FLOAT -> true;
      case NAME -> {
        if (token.text().equals("is")) {
          throw tokens.unexpected("the end of the test, as tests do not follow each other,");
        }
        yield !Set.of("else", "or", "and").contains(token.text());
      }
      default -> tokens.isOperator("[") || tokens.isOperator("{");
    };
  }
}
