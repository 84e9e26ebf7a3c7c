package org.peft4j.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A field of a method's config: its name in {@code adapter_config.json}, what it means, and how it
 * gets into a config and out of it. {@link ConfigFields} makes it.
 *
 * @param name its name in JSON
 * @param allowed which values it may have; empty for all of its type
 * @param help what it means, in a line; empty where it cannot be set
 * @param role what it means to every method, if anything
 * @param example where there is no default, sets a value that is allowed
 * @param omitted whether it is written only where it has another value than the default
 * @param read sets a builder's value where JSON has one
 * @param write the JSON of a config's value
 * @param <C> the config
 * @param <B> its builder
 */
public record ConfigField<C, B>(
    String name,
    String allowed,
    String help,
    Optional<FieldRole> role,
    Optional<Consumer<B>> example,
    boolean omitted,
    BiConsumer<ConfigReader, B> read,
    Function<C, JsonNode> write) {

  ConfigField(
      String name,
      String allowed,
      String help,
      BiConsumer<ConfigReader, B> read,
      Function<C, JsonNode> write) {
    this(name, allowed, help, Optional.empty(), Optional.empty(), false, read, write);
  }

  static <C, B, T> ConfigField<C, B> of(
      String name,
      FieldType<T> type,
      String help,
      Function<? super C, Optional<T>> get,
      BiConsumer<? super B, T> set) {
    return new ConfigField<>(
        name,
        type.allowed(),
        help,
        (json, builder) -> json.read(name, type).ifPresent(value -> set.accept(builder, value)),
        config -> get.apply(config).map(type.writer()).orElse(NullNode.getInstance()));
  }

  /** A field whose value in a file means nothing here. */
  static <C, B> ConfigField<C, B> ignored(String name, JsonNode written) {
    return new ConfigField<>(name, "", "", (json, builder) -> json.any(name), config -> written);
  }

  /** A field of a variant that is not supported; {@code off} turns the variant off. */
  static <C, B> ConfigField<C, B> refused(String name, JsonNode off, String method) {
    return new ConfigField<>(
        name, "", "", (json, builder) -> json.refuse(name, off, method), config -> off);
  }

  /** Whether a user may set it. */
  public boolean settable() {
    return !help.isEmpty();
  }

  /** Whether it has no default. */
  public boolean required() {
    return example.isPresent();
  }

  ConfigField<C, B> withRole(FieldRole value) {
    return new ConfigField<>(
        name, allowed, help, Optional.of(value), example, omitted, read, write);
  }

  ConfigField<C, B> withExample(Consumer<B> value) {
    return new ConfigField<>(name, allowed, help, role, Optional.of(value), omitted, read, write);
  }

  ConfigField<C, B> asOmitted() {
    return new ConfigField<>(name, allowed, help, role, example, true, read, write);
  }
}
