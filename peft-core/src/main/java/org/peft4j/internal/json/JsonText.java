package org.peft4j.internal.json;

import com.fasterxml.jackson.databind.JsonNode;
import org.peft4j.internal.Quoted;

/** JSON values in messages. */
public final class JsonText {
  private static final int MAX_LENGTH = 80;

  private JsonText() {}

  /** A value as a message shows it: texts quoted and all in one line, long ones cut. */
  public static String shown(JsonNode value) {
    if (value.isTextual()) {
      return Quoted.quoted(value.textValue());
    }
    String text = value.toString();
    return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH - 1) + "…";
  }
}
