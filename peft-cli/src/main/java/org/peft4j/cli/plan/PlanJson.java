package org.peft4j.cli.plan;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.peft4j.internal.json.JsonWriter;
import org.peft4j.plan.PlannedAdapter;
import org.peft4j.plan.PlannedTensor;
import org.peft4j.plan.TrainableParameters;
import org.peft4j.plan.TrainingMemory;
import org.peft4j.transformers.config.Precision;

/**
 * A plan as JSON; all sizes are in bytes.
 *
 * @param precisions the precisions to report memory for
 */
record PlanJson(PlannedRun run, List<Precision> precisions) {
  String text() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    TrainableParameters parameters = run.adapter().parameters();
    json.put("model_type", run.modelType());
    json.put("trainable_parameters", parameters.trainable());
    json.put("all_parameters", parameters.all());
    json.put("trainable_percent", parameters.percent());
    json.put("adapter_file_bytes", run.adapter().fileBytes());
    run.batch().forEach(json::put);
    run.quantization().ifPresent(bits -> json.put("quantization", bits.id()));
    json.put("offload", run.offload());
    json.put("optimizer", run.optimizer().id());
    ObjectNode memory = json.putObject("memory");
    precisions.forEach(p -> memory(p, memory.putObject(p.name().toLowerCase(Locale.ROOT))));
    ArrayNode adapters = json.putArray("adapters");
    run.adapter().adapters().forEach(adapter -> adapter(adapter, adapters.addObject()));
    return JsonWriter.text(json) + "\n";
  }

  private void memory(Precision precision, ObjectNode json) {
    TrainingMemory plain = run.memory(precision, false);
    TrainingMemory checkpointed = run.memory(precision, true);
    json.put("weights", plain.weights());
    json.put("adapter", plain.adapters());
    json.put("gradients", plain.gradients());
    json.put("optimizer", plain.optimizer());
    json.put("activations", plain.activations());
    json.put("total", plain.total());
    json.put("process", plain.process());
    json.put("activations_checkpointed", checkpointed.activations());
    json.put("total_checkpointed", checkpointed.total());
    json.put("process_checkpointed", checkpointed.process());
  }

  private static void adapter(PlannedAdapter adapter, ObjectNode json) {
    json.put("site", adapter.site().name());
    json.put("kind", adapter.site().kind().name().toLowerCase(Locale.ROOT));
    json.put("copy", adapter.copy());
    json.put("trainable_parameters", adapter.count());
    ObjectNode tensors = json.putObject("tensors");
    for (PlannedTensor tensor : adapter.tensors()) {
      ArrayNode shape = tensors.putArray(tensor.key());
      tensor.shape().forEach(shape::add);
    }
  }
}
