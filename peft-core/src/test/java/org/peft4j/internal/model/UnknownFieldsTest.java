package org.peft4j.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.PeftConfig;
import org.peft4j.method.Methods;

/** Fields of a newer Hugging Face PEFT count where they turn something on. */
class UnknownFieldsTest {
  private static PeftConfig config(String json) throws JsonProcessingException {
    ObjectNode fields = (ObjectNode) new JsonMapper().readTree(json);
    return Methods.named("LN_TUNING").readConfig(new ConfigReader(fields));
  }

  @Test
  void fieldsThatTurnSomethingOnAreFound() throws JsonProcessingException {
    PeftConfig config =
        config("{\"peft_type\": \"LN_TUNING\", \"newer\": true, \"scale\": 2, \"mode\": \"x\"}");

    assertThat(UnknownFields.of(config)).containsOnlyKeys("newer", "scale", "mode");
  }

  @Test
  void fieldsThatAreNullFalseOrEmptyAreNot() throws JsonProcessingException {
    PeftConfig config =
        config("{\"peft_type\": \"LN_TUNING\", \"a\": null, \"b\": false, \"c\": [], \"d\": {}}");

    assertThat(UnknownFields.of(config)).isEmpty();
  }
}
