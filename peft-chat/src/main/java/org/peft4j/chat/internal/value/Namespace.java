package org.peft4j.chat.internal.value;

import java.util.LinkedHashMap;
import java.util.Map;

/** {@code namespace(...)}: the only value whose fields a template may set. */
public final class Namespace {
  private final Map<String, Object> fields = new LinkedHashMap<>();

  public Namespace(Map<String, Object> fields) {
    this.fields.putAll(fields);
  }

  /** A field, or undefined. */
  public Object get(String name) {
    Object value = fields.get(name);
    return value == null ? new Undefined("the namespace has no attribute '" + name + "'") : value;
  }

  public void set(String name, Object value) {
    fields.put(name, value);
  }
}
