package org.peft4j.chat.internal.jinja;

import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.chat.internal.function.Functions;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.error.PeftException;

/**
 * A template of jinja2, as transformers' chat templates are: an {@code
 * ImmutableSandboxedEnvironment} with {@code trim_blocks}, {@code lstrip_blocks}, loop controls and
 * {@code generation}. It reaches the values that it is given and no object of Java. Safe for use by
 * several threads.
 */
public final class JinjaTemplate {
  private final String name;
  private final Statement body;

  /** What a template wrote, and which parts {@code generation} blocks wrote. */
  public record Result(String text, List<Marked> marks) {}

  private JinjaTemplate(String name, Statement body) {
    this.name = name;
    this.body = body;
  }

  /**
   * Reads a template.
   *
   * @param name for messages
   * @throws PeftException if it is none, with the line
   */
  public static JinjaTemplate parse(String name, String source) {
    try {
      Tokens tokens = new Tokens(Lexer.tokens(source));
      return new JinjaTemplate(name, new StatementParser(tokens).template());
    } catch (SyntaxProblem e) {
      throw new PeftException(name + ": " + e.getMessage() + ".");
    }
  }

  /**
   * Runs it.
   *
   * @param values what the template may read, of the types of {@code internal.value}
   * @param longest the most characters that it may write
   * @throws PeftException if it does what is not allowed, or more than the budget, with the line
   */
  public Result render(Map<String, Object> values, Budget budget, int longest, Clock clock) {
    Rendering rendering = new Rendering(budget, longest);
    Map<String, Object> names = new HashMap<>(Functions.all(clock));
    names.putAll(values);
    try {
      body.run(Frame.root(rendering, names));
    } catch (SyntaxProblem | TemplateProblem e) {
      throw new PeftException(name + ": " + e.getMessage() + ".");
    } catch (StackOverflowError e) {
      // Nothing is kept that could be half done.
      throw new PeftException(name + ": the template nests too many calls.");
    }
    return new Result(rendering.output().toString(), rendering.marks());
  }
}
