package org.peft4j.chat;

import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.chat.internal.ChatValues;
import org.peft4j.chat.internal.jinja.JinjaTemplate;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.None;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;

/**
 * The template that says how a model's conversations are written, rendered as Hugging Face
 * transformers' {@code apply_chat_template} does.
 *
 * <pre>{@code
 * ChatTemplate template = ChatTemplate.read(folder, tokenizer.specialTokens());
 * String prompt = template.render(Conversation.of(Message.user("Where is the sun?")), true);
 * }</pre>
 *
 * <p>Templates are untrusted: they reach the values of the conversation, and no file, class or
 * method of Java; {@link TemplateLimits} bounds what they use. Immutable, and safe for use by
 * several threads.
 */
public final class ChatTemplate {
  private final Map<String, JinjaTemplate> templates;
  private final Map<String, Object> tokens;
  private final TemplateLimits limits;
  private final Clock clock;

  private ChatTemplate(
      Map<String, JinjaTemplate> templates,
      Map<String, Object> tokens,
      TemplateLimits limits,
      Clock clock) {
    this.templates = templates;
    this.tokens = tokens;
    this.limits = limits;
    this.clock = clock;
  }

  /**
   * The template of a model's folder: {@code chat_template.jinja}, {@code
   * additional_chat_templates/}, or what {@code tokenizer_config.json} has.
   *
   * @param specialTokens the texts of special tokens by their names, such as {@code bos_token}
   * @throws PeftException if there is none, or it is broken
   */
  public static ChatTemplate read(Path folder, Map<String, String> specialTokens) {
    return find(folder, specialTokens)
        .orElseThrow(
            () ->
                new PeftException(
                    folder
                        + " has no chat template: no chat_template.jinja, and no chat_template in"
                        + " tokenizer_config.json. Give one of the model's own kind with"
                        + " --chat-template FILE, or in code with ChatTemplate.readFile."));
  }

  /** The same, or empty if the folder has none. */
  public static Optional<ChatTemplate> find(Path folder, Map<String, String> specialTokens) {
    Map<String, TemplateFiles.Source> sources = TemplateFiles.read(folder);
    return sources.isEmpty() ? Optional.empty() : Optional.of(of(sources, specialTokens));
  }

  /** The template of a file, in place of that of a model. */
  public static ChatTemplate readFile(Path file, Map<String, String> specialTokens) {
    return of(
        Map.of(TemplateFiles.DEFAULT, TemplateFiles.read(file, file.toString())), specialTokens);
  }

  /** A template's own text. */
  public static ChatTemplate of(String jinja, Map<String, String> specialTokens) {
    return of(
        Map.of(TemplateFiles.DEFAULT, new TemplateFiles.Source("The chat template", jinja)),
        specialTokens);
  }

  private static ChatTemplate of(
      Map<String, TemplateFiles.Source> sources, Map<String, String> specialTokens) {
    Map<String, JinjaTemplate> templates = new LinkedHashMap<>();
    sources.forEach(
        (name, source) -> templates.put(name, JinjaTemplate.parse(source.file(), source.text())));
    return new ChatTemplate(
        Map.copyOf(templates),
        ChatValues.map(specialTokens),
        TemplateLimits.DEFAULT,
        Clock.system(ZoneId.systemDefault()));
  }

  /**
   * The same with the template of that name, of those in the folder.
   *
   * @throws PeftException if there is none of that name
   */
  public ChatTemplate named(String name) {
    JinjaTemplate template = templates.get(name);
    if (template == null) {
      throw new PeftException(
          "There is no chat template "
              + Quoted.quoted(name)
              + ". "
              + NearestNames.sentence(name, templates.keySet()));
    }
    return new ChatTemplate(Map.of(TemplateFiles.DEFAULT, template), tokens, limits, clock);
  }

  /** The same with other limits. */
  public ChatTemplate withLimits(TemplateLimits value) {
    return new ChatTemplate(templates, tokens, value, clock);
  }

  /** The same with another clock, for templates that write the date. */
  public ChatTemplate withClock(Clock value) {
    return new ChatTemplate(templates, tokens, limits, value);
  }

  /**
   * The text of a conversation.
   *
   * @param addGenerationPrompt whether to end it with what begins an answer of the assistant
   * @throws PeftException if there is no message; if the template refuses the conversation, is
   *     wrong, or goes beyond its limits: with the line
   */
  public String render(Conversation conversation, boolean addGenerationPrompt) {
    return result(conversation, addGenerationPrompt).text();
  }

  /** The text of a conversation, with the parts that {@code generation} blocks wrote. */
  public RenderedChat renderMarked(Conversation conversation) {
    JinjaTemplate.Result result = result(conversation, false);
    return new RenderedChat(
        result.text(),
        result.marks().stream()
            .map(mark -> new RenderedChat.Span(mark.begin(), mark.end()))
            .toList());
  }

  private JinjaTemplate.Result result(Conversation conversation, boolean addGenerationPrompt) {
    if (conversation.messages().isEmpty()) {
      throw new PeftException("A conversation has no message; a chat template needs one.");
    }
    Map<String, Object> values = new HashMap<>(tokens);
    values.put("documents", None.NONE);
    values.putAll(conversation.variables());
    values.put("messages", conversation.messages().stream().<Object>map(Message::fields).toList());
    values.put("tools", conversation.tools().<Object>map(tools -> tools).orElse(None.NONE));
    values.put("add_generation_prompt", addGenerationPrompt);
    Budget budget =
        new Budget(limits.steps(), limits.work(), limits.depth(), limits.time().toMillis());
    return template(conversation.tools().isPresent())
        .render(values, budget, limits.output(), clock);
  }

  private JinjaTemplate template(boolean withTools) {
    List<String> wanted =
        withTools ? List.of("tool_use", TemplateFiles.DEFAULT) : List.of(TemplateFiles.DEFAULT);
    return wanted.stream()
        .filter(templates::containsKey)
        .findFirst()
        .map(templates::get)
        .orElseThrow(
            () ->
                new PeftException(
                    "The model has the chat templates "
                        + Quoted.quoted(
                            String.join(", ", templates.keySet().stream().sorted().toList()))
                        + " and no default; choose one with named(…)."));
  }
}
