package org.peft4j.chat.internal.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.chat.internal.function.Functions;
import org.peft4j.chat.internal.jinja.Statement.Flow;
import org.peft4j.chat.internal.jinja.Token.Kind;
import org.peft4j.chat.internal.value.Arguments;
import org.peft4j.chat.internal.value.PythonText;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.chat.internal.value.Values;

/** Reads the statements of a template. */
final class StatementParser {
  private static final int DEEPEST = 100;
  private static final Set<String> FILES =
      Set.of("include", "import", "from", "extends", "block", "super");

  private final Tokens tokens;
  private final ExpressionParser expressions;
  private int depth;
  private int loops;

  StatementParser(Tokens tokens) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens);
  }

  /** The whole template. */
  Statement template() {
    Statement all = until(Set.of());
    if (tokens.peek().kind() != Kind.END) {
      throw tokens.unexpected("the end of the template");
    }
    return all;
  }

  /** Statements up to a tag of one of these names, of which the name is the next token. */
  private Statement until(Set<String> ends) {
    if (++depth > DEEPEST) {
      throw new SyntaxProblem(
          tokens.peek().line(), "nests tags more than " + DEEPEST + " deep, the limit");
    }
    List<Statement> statements = new ArrayList<>();
    while (tokens.peek().kind() != Kind.END) {
      Token token = tokens.next();
      if (token.kind() == Kind.DATA) {
        statements.add(data(token.text()));
      } else if (token.kind() == Kind.PRINT) {
        statements.add(at(token.line(), print()));
      } else if (ends.contains(tokens.peek().text())) {
        depth--;
        return Statement.all(statements);
      } else {
        statements.add(at(token.line(), block()));
      }
    }
    if (!ends.isEmpty()) {
      throw tokens.unexpected("the tag " + String.join(" or ", new TreeSet<>(ends)));
    }
    depth--;
    return Statement.all(statements);
  }

  private static Statement data(String text) {
    return frame -> {
      frame.output().write(text);
      return Flow.NEXT;
    };
  }

  private Statement print() {
    Expression value = expressions.tuple(true);
    tokens.expect(Kind.CLOSE);
    return frame -> {
      frame.output().write(PythonText.str(frame.budget(), value.in(frame)));
      return Flow.NEXT;
    };
  }

  /** Adds the line to what goes wrong. */
  private static Statement at(int line, Statement statement) {
    return frame -> {
      try {
        return statement.run(frame);
      } catch (TemplateProblem e) {
        throw new SyntaxProblem(line, String.valueOf(e.getMessage()));
      }
    };
  }

  private Statement block() {
    Token tag = tokens.expect(Kind.NAME);
    return switch (tag.text()) {
      case "if" -> ifBlock();
      case "for" -> forBlock();
      case "set" -> setBlock();
      case "macro" -> macro();
      case "call" -> callBlock();
      case "filter" -> filterBlock();
      case "with" -> with();
      case "generation" -> generation();
      case "break", "continue" -> leaveLoop(tag);
      default ->
          throw new SyntaxProblem(
              tag.line(),
              FILES.contains(tag.text())
                  ? "has the tag '" + tag.text() + "': a chat template has no other files"
                  : "has the tag '" + tag.text() + "', which is not known here");
    };
  }

  /** Passes the name of the end tag, and its end. */
  private void end() {
    tokens.next();
    tokens.expect(Kind.CLOSE);
  }

  private Statement body(String end) {
    Statement body = until(Set.of(end));
    end();
    return body;
  }

  /** A body that is a function in jinja2, which a loop outside cannot be left from. */
  private Statement ownBody(String end) {
    int outer = loops;
    loops = 0;
    Statement body = body(end);
    loops = outer;
    return body;
  }

  private Statement leaveLoop(Token tag) {
    if (loops == 0) {
      throw new SyntaxProblem(tag.line(), "has a " + tag.text() + " outside of a loop");
    }
    tokens.expect(Kind.CLOSE);
    Flow flow = tag.text().equals("break") ? Flow.BREAK : Flow.CONTINUE;
    return frame -> flow;
  }

  private Statement ifBlock() {
    List<Expression> conditions = new ArrayList<>();
    List<Statement> bodies = new ArrayList<>();
    Optional<Statement> otherwise = Optional.empty();
    conditions.add(expressions.tuple(true));
    tokens.expect(Kind.CLOSE);
    while (otherwise.isEmpty()) {
      bodies.add(until(Set.of("elif", "else", "endif")));
      String name = tokens.next().text();
      if (name.equals("elif")) {
        conditions.add(expressions.tuple(true));
        tokens.expect(Kind.CLOSE);
        continue;
      }
      tokens.expect(Kind.CLOSE);
      otherwise = Optional.of(name.equals("else") ? body("endif") : Statement.all(List.of()));
    }
    Statement last = otherwise.get();
    return frame -> {
      for (int i = 0; i < conditions.size(); i++) {
        frame.budget().step();
        if (Values.truth(conditions.get(i).in(frame))) {
          return bodies.get(i).run(frame);
        }
      }
      return last.run(frame);
    };
  }

  private Statement forBlock() {
    Target target = targets("in");
    if (!tokens.skipName("in")) {
      throw tokens.unexpected("'in'");
    }
    Expression items = expressions.tuple(false);
    Optional<Expression> condition =
        tokens.skipName("if") ? Optional.of(expressions.expression()) : Optional.empty();
    boolean recursive = tokens.skipName("recursive");
    tokens.expect(Kind.CLOSE);
    loops++;
    Statement body = until(Set.of("else", "endfor"));
    loops--;
    boolean hasElse = tokens.isName("else");
    end();
    Statement otherwise = hasElse ? body("endfor") : Statement.all(List.of());
    return new ForLoop(target, items, condition, body, otherwise, recursive);
  }

  /** Names, or fields of namespaces, with commas between. */
  private Target targets(String end) {
    List<Target> targets = new ArrayList<>();
    boolean several = false;
    boolean parentheses = tokens.skipOperator("(");
    do {
      if (tokens.peek().kind() != Kind.NAME || tokens.isName(end)) {
        break;
      }
      String name = tokens.next().text();
      targets.add(
          tokens.skipOperator(".")
              ? Target.field(name, tokens.expect(Kind.NAME).text())
              : Target.name(name));
      several |= tokens.isOperator(",");
    } while (tokens.skipOperator(","));
    if (parentheses) {
      tokens.expectOperator(")");
    }
    if (targets.isEmpty()) {
      throw tokens.unexpected("a name");
    }
    return several ? Target.all(targets) : targets.get(0);
  }

  private Statement setBlock() {
    Target target = targets("");
    if (tokens.skipOperator("=")) {
      Expression value = expressions.tuple(true);
      tokens.expect(Kind.CLOSE);
      return frame -> {
        target.set(frame, value.in(frame));
        return Flow.NEXT;
      };
    }
    Expression filtered = filters();
    tokens.expect(Kind.CLOSE);
    Statement body = body("endset");
    return frame -> {
      Frame inner = captured(frame, body);
      target.set(frame, filtered.in(inner));
      return Flow.NEXT;
    };
  }

  /** The filters of a block, over the text that {@link #captured} names. */
  private Expression filters() {
    Expression value = Nodes.name(CAPTURED);
    while (tokens.skipOperator("|")) {
      value = expressions.filter(value);
    }
    return value;
  }

  /** No template can have that name. */
  private static final String CAPTURED = "(text)";

  private static Frame captured(Frame frame, Statement body) {
    Frame inner = frame.capturing();
    body.run(inner);
    Frame result = frame.inner();
    result.set(CAPTURED, inner.output().toString());
    return result;
  }

  private Statement filterBlock() {
    Expression value = expressions.filter(Nodes.name(CAPTURED));
    while (tokens.skipOperator("|")) {
      value = expressions.filter(value);
    }
    tokens.expect(Kind.CLOSE);
    Statement body = body("endfilter");
    Expression filtered = value;
    return frame -> {
      Frame inner = captured(frame, body);
      frame.output().write(PythonText.str(frame.budget(), filtered.in(inner)));
      return Flow.NEXT;
    };
  }

  private Statement with() {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (tokens.peek().kind() != Kind.CLOSE) {
      if (!targets.isEmpty()) {
        tokens.expectOperator(",");
      }
      targets.add(Target.name(tokens.expect(Kind.NAME).text()));
      tokens.expectOperator("=");
      values.add(expressions.expression());
    }
    tokens.expect(Kind.CLOSE);
    Statement body = body("endwith");
    return frame -> {
      Frame inner = frame.inner();
      for (int i = 0; i < targets.size(); i++) {
        targets.get(i).set(inner, values.get(i).in(frame));
      }
      return body.run(inner);
    };
  }

  private List<Macro.Parameter> parameters() {
    List<Macro.Parameter> parameters = new ArrayList<>();
    tokens.expectOperator("(");
    while (!tokens.isOperator(")")) {
      String name = tokens.expect(Kind.NAME).text();
      Optional<Expression> otherwise =
          tokens.skipOperator("=") ? Optional.of(expressions.expression()) : Optional.empty();
      parameters.add(new Macro.Parameter(name, otherwise));
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator(")");
    return parameters;
  }

  private Macro.Description described(String name, List<Macro.Parameter> parameters, String end) {
    Tokens.Mentions mentions = tokens.mentions();
    Statement body = ownBody(end);
    return new Macro.Description(
        name,
        parameters,
        body,
        mentions.since("varargs"),
        mentions.since("kwargs"),
        mentions.since("caller"));
  }

  private Statement macro() {
    String name = tokens.expect(Kind.NAME).text();
    List<Macro.Parameter> parameters = parameters();
    tokens.expect(Kind.CLOSE);
    Macro.Description description = described(name, parameters, "endmacro");
    return frame -> {
      frame.set(name, new Macro(description, frame));
      return Flow.NEXT;
    };
  }

  private Statement callBlock() {
    List<Macro.Parameter> parameters = tokens.isOperator("(") ? parameters() : List.of();
    Expression function = Nodes.name(tokens.expect(Kind.NAME).text());
    while (tokens.skipOperator(".")) {
      function = Nodes.attribute(function, tokens.expect(Kind.NAME).text());
    }
    Nodes.Call call = expressions.call();
    tokens.expect(Kind.CLOSE);
    Macro.Description caller = described("caller", parameters, "endcall");
    Expression called = function;
    return frame -> {
      Arguments given = call.in(frame);
      given.named().put("caller", new Macro(caller, frame));
      Object text = Functions.call(frame.budget(), called.in(frame), given);
      frame.output().write(PythonText.str(frame.budget(), text));
      return Flow.NEXT;
    };
  }

  private Statement generation() {
    tokens.expect(Kind.CLOSE);
    Statement body = ownBody("endgeneration");
    return frame -> {
      Frame inner = frame.capturing();
      body.run(inner);
      String text = inner.output().toString();
      frame.rendering().mark(text.length());
      frame.output().write(text);
      return Flow.NEXT;
    };
  }
}
