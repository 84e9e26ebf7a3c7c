package org.peft4j.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The fields of a method's config in {@code adapter_config.json}. One description serves reading,
 * writing, help and the command line:
 *
 * <pre>{@code
 * ConfigFields.of("VeRA", "vera", VeraConfig::builder, VeraConfig.Builder::build)
 *     .add("r", FieldType.RANK, "Rows of A and columns of B.",
 *         VeraConfig::rank, VeraConfig.Builder::rank)
 *     .role(FieldRole.RANK)
 * }</pre>
 *
 * <p>The fields that every method has come first. A description never changes: what adds something
 * returns another one.
 *
 * @param <C> the config
 * @param <B> its builder, whose defaults are those of absent fields
 */
public final class ConfigFields<C extends PeftConfig, B extends CommonBuilder<B>> {
  private final String method;
  private final Supplier<B> builder;
  private final Function<B, C> build;
  private final int common;
  private final List<ConfigField<C, B>> fields;

  private ConfigFields(
      String method,
      Supplier<B> builder,
      Function<B, C> build,
      int common,
      List<ConfigField<C, B>> fields) {
    this.common = common;
    this.method = method;
    this.builder = builder;
    this.build = build;
    this.fields = List.copyOf(fields);
  }

  /**
   * The fields that every method has.
   *
   * @param method the method's name, for messages and help: {@code LoRA}
   * @param prefix what {@code bias} calls it: {@code lora} in {@code lora_only}
   * @param builder a builder with the defaults
   * @param build what makes the config
   */
  public static <C extends PeftConfig, B extends CommonBuilder<B>> ConfigFields<C, B> of(
      String method, String prefix, Supplier<B> builder, Function<B, C> build) {
    List<ConfigField<C, B>> common = CommonFields.of(prefix);
    return new ConfigFields<>(method, builder, build, common.size(), common);
  }

  private ConfigFields<C, B> with(List<ConfigField<C, B>> other) {
    return new ConfigFields<>(method, builder, build, common, other);
  }

  private ConfigFields<C, B> plus(ConfigField<C, B> field) {
    List<ConfigField<C, B>> more = new ArrayList<>(fields);
    more.add(field);
    return with(more);
  }

  private ConfigFields<C, B> changeLast(UnaryOperator<ConfigField<C, B>> change) {
    List<ConfigField<C, B>> changed = new ArrayList<>(fields);
    changed.add(change.apply(changed.remove(changed.size() - 1)));
    return with(changed);
  }

  /**
   * Adds a field.
   *
   * @param name its name in JSON
   * @param help what it means, in a line
   */
  public <T> ConfigFields<C, B> add(
      String name,
      FieldType<T> type,
      String help,
      Function<? super C, T> get,
      BiConsumer<? super B, T> set) {
    return addOptional(name, type, help, config -> Optional.of(get.apply(config)), set);
  }

  /** Adds a field that is null in JSON where a config has no value. */
  public <T> ConfigFields<C, B> addOptional(
      String name,
      FieldType<T> type,
      String help,
      Function<? super C, Optional<T>> get,
      BiConsumer<? super B, T> set) {
    return plus(ConfigField.of(name, type, help, get, set));
  }

  /** Adds a field that has no default; {@code example} is an allowed value. */
  public <T> ConfigFields<C, B> addRequired(
      String name,
      FieldType<T> type,
      String help,
      Function<? super C, T> get,
      BiConsumer<? super B, T> set,
      T example) {
    return add(name, type, help, get, set)
        .changeLast(field -> field.withExample(made -> set.accept(made, example)));
  }

  /** Says what the field that was added last means to every method. */
  public ConfigFields<C, B> role(FieldRole role) {
    return changeLast(field -> field.withRole(role));
  }

  /**
   * Adds a field of Hugging Face PEFT's that means nothing here: any value is accepted, and {@code
   * written} is written.
   */
  public ConfigFields<C, B> ignore(String name, JsonNode written) {
    return plus(ConfigField.ignored(name, written));
  }

  /** Adds fields of Hugging Face PEFT's that mean nothing here, and are written as null. */
  public ConfigFields<C, B> ignore(List<String> names) {
    ConfigFields<C, B> result = this;
    for (String each : names) {
      result = result.plus(ConfigField.ignored(each, NullNode.getInstance()));
    }
    return result;
  }

  /**
   * Adds a field of a variant that is not supported: refused, unless its value turns the variant
   * off.
   */
  public ConfigFields<C, B> refuse(String name, JsonNode off) {
    return plus(ConfigField.refused(name, off, method));
  }

  /** Adds fields of variants that are not supported, which null turns off. */
  public ConfigFields<C, B> refuse(List<String> names) {
    ConfigFields<C, B> result = this;
    for (String each : names) {
      result = result.plus(ConfigField.refused(each, NullNode.getInstance(), method));
    }
    return result;
  }

  /** Writes fields only where they are set: Hugging Face PEFT has none of these in the method. */
  public ConfigFields<C, B> omit(String... names) {
    Set<String> these = Set.of(names);
    return with(fields.stream().map(f -> these.contains(f.name()) ? f.asOmitted() : f).toList());
  }

  /** The method's name, for help. */
  public String method() {
    return method;
  }

  /** All fields, those that every method has first. */
  public List<ConfigField<C, B>> all() {
    return fields;
  }

  /** The fields that every method has. */
  public List<ConfigField<C, B>> common() {
    return fields.subList(0, common);
  }

  /** The fields that the method has besides. */
  public List<ConfigField<C, B>> own() {
    return fields.subList(common, fields.size());
  }

  /** The field that has a role, if one has. */
  public Optional<ConfigField<C, B>> withRole(FieldRole role) {
    return fields.stream().filter(f -> f.role().equals(Optional.of(role))).findFirst();
  }

  /** The default of each field that has one, as it is in JSON. */
  public ObjectNode defaults() {
    B made = builder.get();
    fields.forEach(field -> field.example().ifPresent(example -> example.accept(made)));
    C config = build.apply(made);
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    fields.stream()
        .filter(field -> !field.required())
        .forEach(field -> json.set(field.name(), field.write().apply(config)));
    return json;
  }

  /**
   * Reads a config; fields that are not described are kept as they are.
   *
   * @throws org.peft4j.error.PeftException with all fields of a wrong type, or else with all that
   *     is wrong with their values
   */
  public C read(ConfigReader json) {
    B made = builder.get();
    fields.forEach(field -> field.read().accept(json, made));
    made.unknown(json.unknown());
    CommonConfig.require(method + " config", json.problems());
    return build.apply(made);
  }

  /** The JSON of a config, every field that Hugging Face PEFT writes. */
  public ObjectNode write(C config) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    config.common().unknown().forEach(json::set);
    JsonNode defaults = defaults();
    for (ConfigField<C, B> field : fields) {
      JsonNode value = field.write().apply(config);
      if (!field.omitted() || !value.equals(defaults.get(field.name()))) {
        json.set(field.name(), value);
      }
    }
    return json;
  }
}
