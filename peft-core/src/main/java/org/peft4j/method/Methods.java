package org.peft4j.method;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.peft4j.config.FieldRole;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;

/** The methods on the class path. */
public final class Methods {
  private static final Map<String, List<String>> BY_MODULE =
      Map.of(
          "peft-core", List.of("BITFIT", "LN_TUNING", "TRAINABLE_TOKENS"),
          "peft-lora", List.of("LORA", "ADALORA", "DELTA_LORA", "LOHA", "LOKR", "MORA", "VERA"),
          "peft-prompt",
              List.of("MULTITASK_PROMPT_TUNING", "P_TUNING", "PREFIX_TUNING", "PROMPT_TUNING"),
          "peft-ia3", List.of("IA3"),
          "peft-adapter", List.of("BOTTLENECK"));

  private static final Map<String, String> MODULES = modules();

  private Methods() {}

  /** The modules of this library, by the {@code peft_type} of the methods in them. */
  private static Map<String, String> modules() {
    Map<String, String> modules = new TreeMap<>();
    BY_MODULE.forEach((module, types) -> types.forEach(type -> modules.put(type, module)));
    return modules;
  }

  /** All of them, by {@code peft_type} in the order of the alphabet. */
  public static Map<String, PeftMethod<?>> all() {
    return Found.ALL;
  }

  /** Looked for once, on first use: that goes through every jar of the class path. */
  private static final class Found {
    static final Map<String, PeftMethod<?>> ALL = find();

    private static Map<String, PeftMethod<?>> find() {
      Map<String, PeftMethod<?>> methods = new TreeMap<>();
      for (PeftMethod<?> method :
          ServiceLoader.load(PeftMethod.class, PeftMethod.class.getClassLoader())) {
        methods.put(method.peftType(), method);
      }
      return Collections.unmodifiableMap(methods);
    }
  }

  /**
   * The method of that {@code peft_type}.
   *
   * @throws PeftException if no module on the class path has it
   */
  public static PeftMethod<?> named(String peftType) {
    Map<String, PeftMethod<?>> methods = all();
    PeftMethod<?> method = methods.get(peftType);
    if (method == null) {
      throw new PeftException(
          "peft_type is "
              + Quoted.quoted(peftType)
              + ", "
              + Optional.ofNullable(MODULES.get(peftType))
                  .map(module -> "whose module " + module + " is not on the class path.")
                  .orElseGet(
                      () ->
                          "which is not a supported method. "
                              + NearestNames.sentence(peftType, MODULES.keySet()))
              + " Methods here: "
              + String.join(", ", methods.keySet())
              + ".");
    }
    return method;
  }

  /** The number of virtual tokens that a config puts before each text; 0 for most methods. */
  public static <C extends PeftConfig> int virtualTokens(C config) {
    PeftMethod<C> method = of(config);
    return method
        .fields()
        .withRole(FieldRole.VIRTUAL_TOKENS)
        .map(field -> method.writeConfig(config).path(field.name()).asInt())
        .orElse(0);
  }

  /** The method of a config. */
  @SuppressWarnings("unchecked")
  public static <C extends PeftConfig> PeftMethod<C> of(C config) {
    PeftMethod<?> method = named(config.peftType());
    if (!method.configType().isInstance(config)) {
      throw new PeftException(
          "A config of "
              + config.getClass()
              + " says peft_type "
              + config.peftType()
              + ", whose config is "
              + method.configType()
              + ".");
    }
    return (PeftMethod<C>) method;
  }
}
