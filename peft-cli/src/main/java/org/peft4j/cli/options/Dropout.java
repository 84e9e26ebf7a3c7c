package org.peft4j.cli.options;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.FieldRole;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;

/** Gives a loaded adapter another dropout, to go on training with it. */
final class Dropout {
  private Dropout() {}

  static void set(PeftModel<?> model, double value) {
    PeftConfig config = with(model.config(Peft.DEFAULT_ADAPTER), value);
    Map<String, INDArray> values = new LinkedHashMap<>();
    model
        .adapter(Peft.DEFAULT_ADAPTER)
        .tensors()
        .forEach((key, tensor) -> values.put(key, DetachedArrays.copy(tensor)));
    model.delete(Peft.DEFAULT_ADAPTER);
    model.addAdapter(Peft.DEFAULT_ADAPTER, config, values);
    model.setActive(Peft.DEFAULT_ADAPTER);
    values.values().forEach(Scratch::release);
  }

  private static <C extends PeftConfig> PeftConfig with(C config, double value) {
    PeftMethod<C> method = Methods.of(config);
    ObjectNode json = method.writeConfig(config);
    String field =
        method
            .fields()
            .withRole(FieldRole.DROPOUT)
            .orElseThrow(
                () ->
                    new PeftException(
                        "--dropout does not go with "
                            + method.peftType()
                            + ", the method of the adapter."))
            .name();
    return method.readConfig(new ConfigReader(json.put(field, value)));
  }
}
