package org.peft4j.method;

import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;

/** The methods on the class path. */
public final class Methods {
  private Methods() {}

  /** All of them, by {@code peft_type} in the order of the alphabet. */
  public static Map<String, PeftMethod<?>> all() {
    Map<String, PeftMethod<?>> methods = new TreeMap<>();
    for (PeftMethod<?> method :
        ServiceLoader.load(PeftMethod.class, PeftMethod.class.getClassLoader())) {
      methods.put(method.peftType(), method);
    }
    return methods;
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
      String shown = peftType.length() <= 60 ? peftType : peftType.substring(0, 57) + "…";
      throw new PeftException(
          "peft_type is \""
              + shown
              + "\", which no module on the class path knows. Known: "
              + methods.keySet()
              + ". Add the module of that method.");
    }
    return method;
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
