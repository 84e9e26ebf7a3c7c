package org.peft4j.cli.options;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.peft4j.config.ConfigField;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.FieldRole;
import org.peft4j.config.FieldType;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.diffusion.Diffusion;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.family.AdapterTask;
import org.peft4j.transformers.family.Families;

/**
 * The config of a new adapter. Options become fields of {@code adapter_config.json}, which the
 * method itself reads and checks.
 */
public final class NewAdapter {
  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);
  private static final String REGEX = "regex:";

  /** The field of the modules that train as a copy. */
  private static final String SAVED = "modules_to_save";

  /** Fields of modules' names. */
  private static final Set<String> LISTS =
      Set.of("target_modules", "exclude_modules", SAVED, "feedforward_modules");

  private static final Pattern NAMES = Pattern.compile("[\\w.-]+( *, *[\\w.-]+)*|regex:.*");

  private final PeftMethod<?> method;
  private final ObjectNode json = JsonNodeFactory.instance.objectNode();

  private NewAdapter(PeftMethod<?> method) {
    this.method = method;
  }

  /** The config for the task of the model itself. */
  public static PeftConfig config(AdapterOptions options, Path model, Optional<Long> steps) {
    return config(options, model, Optional.empty(), steps);
  }

  /**
   * Makes the config.
   *
   * @param model the base model's name in the config, as in Python
   * @param task what the adapter is for, whose head trains too whatever its name; empty for what
   *     the model is for
   * @param steps the steps of the training, for methods that depend on them; options and files take
   *     precedence
   */
  public static PeftConfig config(
      AdapterOptions options, Path model, Optional<Task> task, Optional<Long> steps) {
    if (options.config.isPresent()) {
      return AdapterFiles.readConfigFile(options.config.get(), model.toString());
    }
    String method = options.method.orElse("lora").toUpperCase(Locale.ROOT).replace('-', '_');
    requireMethod(options.method.orElse("lora"), method);
    NewAdapter adapter = new NewAdapter(Methods.named(method));
    adapter.json.put("peft_type", method);
    adapter.json.put("base_model_name_or_path", model.toString());
    Optional<Task> own = task.or(() -> task(model));
    own.flatMap(Task::adapterTask).ifPresent(name -> adapter.json.put("task_type", name));
    if (adapter.settable().contains(SAVED)) {
      own.flatMap(each -> AdapterTask.headToSave(model, each))
          .ifPresent(head -> adapter.json.putArray(SAVED).add(head));
    }
    steps.ifPresent(
        count ->
            adapter.field(FieldRole.TRAINING_STEPS).ifPresent(f -> adapter.json.put(f, count)));
    return adapter.config(options);
  }

  private static void requireMethod(String given, String method) {
    Set<String> known = Methods.all().keySet();
    if (!known.contains(method)) {
      List<String> names =
          known.stream().map(type -> type.toLowerCase(Locale.ROOT).replace('_', '-')).toList();
      throw new PeftException(
          "--method is "
              + Quoted.quoted(given)
              + "; allowed: "
              + String.join(", ", names)
              + ". "
              + NearestNames.sentence(given, names));
    }
  }

  /**
   * What a model is for. Reads a config of any family, in a folder or alone: a plan needs no more.
   * PEFT has no task for models of diffusers.
   */
  private static Optional<Task> task(Path model) {
    if (Diffusion.isModel(model)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Families.read(model).task());
    } catch (PeftException e) {
      // Opening the model reports what is wrong with it.
      return Optional.of(Task.CAUSAL_LM);
    }
  }

  private PeftConfig config(AdapterOptions options) {
    put("--rank", options.rank.map(IntNode::valueOf), FieldRole.RANK);
    put("--alpha", options.alpha.map(DoubleNode::valueOf), FieldRole.ALPHA);
    put("--dropout", options.dropout.map(DoubleNode::valueOf), FieldRole.DROPOUT);
    put("--virtual-tokens", options.virtualTokens.map(IntNode::valueOf), FieldRole.VIRTUAL_TOKENS);
    put("--init-text", options.initText.map(TextNode::valueOf), FieldRole.INIT_TEXT);
    put("--init-text", options.initText.map(text -> TextNode.valueOf("TEXT")), FieldRole.INIT);
    options.target.ifPresent(value -> json.set("target_modules", target(value)));
    options.fields.forEach(
        (field, value) -> {
          requireSettable(field);
          json.set(field, value(field, value));
        });
    return method.readConfig(new ConfigReader(json));
  }

  private void requireSettable(String field) {
    List<String> settable = settable();
    if (field.equals("peft_type")) {
      throw new PeftException("--set peft_type: choose the method with --method.");
    }
    if (!settable.contains(field)) {
      throw new PeftException(
          "%s has no field %s that can be set. %s Its fields: %s."
              .formatted(
                  method.peftType(),
                  Quoted.quoted(field),
                  NearestNames.sentence(field, settable),
                  String.join(", ", settable)));
    }
  }

  private Optional<String> field(FieldRole role) {
    return method.fields().withRole(role).map(ConfigField::name);
  }

  private void put(String option, Optional<? extends JsonNode> value, FieldRole role) {
    value.ifPresent(
        given ->
            json.set(
                field(role)
                    .orElseThrow(
                        () ->
                            new PeftException(
                                option + " does not go with " + method.peftType() + ".")),
                given));
  }

  private List<String> settable() {
    return method.fields().all().stream()
        .filter(ConfigField::settable)
        .map(ConfigField::name)
        .sorted()
        .toList();
  }

  private static JsonNode target(String text) {
    if (text.startsWith(REGEX)) {
      return TextNode.valueOf(text.substring(REGEX.length()));
    }
    if (ModuleSelector.word(text).isPresent()) {
      return TextNode.valueOf(text);
    }
    List<String> names = Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    if (names.contains("")) {
      throw new PeftException(
          "--target is \""
              + text
              + "\", which contains an empty name; allowed: names separated by commas,"
              + " all-linear, all-adaptable, or regex:PATTERN.");
    }
    return FieldType.TEXTS.writer().apply(names);
  }

  /**
   * Parses JSON; takes anything else as a text, so that texts need no quotes, and names as a list
   * where the field is one.
   */
  private static JsonNode value(String field, String text) {
    return JSON.tryParse(text)
        .orElseGet(
            () ->
                LISTS.contains(field) && NAMES.matcher(text).matches()
                    ? target(text)
                    : TextNode.valueOf(text));
  }
}
