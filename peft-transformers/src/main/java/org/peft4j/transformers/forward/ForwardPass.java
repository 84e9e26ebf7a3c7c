package org.peft4j.transformers.forward;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.AdapterScope;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;
import org.peft4j.transformers.architecture.HeadPart;

/**
 * The results of one pass of a batch through a model, without dropout, under the names of Hugging
 * Face transformers: {@code logits} [batch, time, vocabulary or labels] or [batch, labels]; {@code
 * start_logits} and {@code end_logits} [batch, time] of a model that answers questions; {@code
 * last_hidden_state} [batch, time, width] and {@code pooler_output} [batch, width] of an encoder;
 * with labels, {@code loss} [1], the mean over them in nats; and on request {@code grad.<key>}, the
 * loss' gradient for each adapter tensor by its key in an adapter file.
 */
public final class ForwardPass implements AutoCloseable {
  private final Map<String, INDArray> results = new LinkedHashMap<>();

  private ForwardPass() {}

  /**
   * Runs a graph.
   *
   * @param graph a language model or a classifier, wrapped or not
   */
  public static ForwardPass of(ComputationGraph graph, ForwardInputs inputs) {
    ForwardPass pass = new ForwardPass();
    INDArray[] ids = inputs.features();
    INDArray @Nullable [] mask = inputs.masks();
    List<String> outputs = graph.getConfiguration().getNetworkOutputs();
    if (outputs.equals(List.of(HeadPart.Pairs.NAME))) {
      pass.putPairs(graph, ids, mask);
    } else {
      pass.put(graph, graph.output(false, ids, mask));
    }
    inputs
        .labels()
        .ifPresent(
            labels -> {
              INDArray[] wanted = {labels};
              double loss = graph.score(new MultiDataSet(ids, wanted, mask, null), false);
              pass.results.put("loss", Nd4j.createFromArray((float) loss));
            });
    clear(graph);
    return pass;
  }

  private void put(ComputationGraph graph, INDArray[] outputs) {
    List<String> names = graph.getConfiguration().getNetworkOutputs();
    if (names.equals(List.of(HeadPart.Span.NAME))) {
      results.put("start_logits", outputs[0].get(all(), all(), point(0)).dup('c'));
      results.put("end_logits", outputs[0].get(all(), all(), point(1)).dup('c'));
      Scratch.release(outputs[0]);
      return;
    }
    boolean logits = outputs.length == 1 && graph.getOutputLayer(0) instanceof IOutputLayer;
    results.put(logits ? "logits" : "last_hidden_state", outputs[0]);
    if (outputs.length > 1) {
      String name = names.get(1);
      results.put(name.equals("pooler") ? "pooler_output" : name, outputs[1]);
    }
  }

  /** The logits of texts and pictures, both ways, and their vectors of length 1. */
  private void putPairs(ComputationGraph graph, INDArray[] inputs, INDArray @Nullable [] masks) {
    if (masks != null) {
      graph.setLayerMaskArrays(masks, null);
    }
    Map<String, INDArray> all = graph.feedForward(inputs, false, true);
    for (String name : List.of("text_embeds", "image_embeds")) {
      INDArray rows = Objects.requireNonNull(all.get(name)).dup('c');
      results.put(name, rows.diviColumnVector(Transforms.sqrt(rows.mul(rows).sum(true, 1))));
    }
    INDArray logits = Objects.requireNonNull(all.get(HeadPart.Pairs.NAME)).dup('c');
    results.put(HeadPart.Pairs.NAME, logits);
    results.put("logits_per_image", logits.transpose().dup('c'));
    clear(graph);
  }

  /** Runs a wrapped model, each sequence with its task. */
  public static ForwardPass of(PeftModel<ComputationGraph> model, ForwardInputs inputs) {
    try (AdapterScope tasks = model.tasksOfEachRow(inputs.tasks())) {
      return of(model.network(), inputs);
    }
  }

  /**
   * Runs a wrapped model and computes the gradients of its default adapter, which must be active.
   *
   * @throws PeftException if there are no labels, and so no loss
   */
  public static ForwardPass withGradients(PeftModel<ComputationGraph> model, ForwardInputs inputs) {
    INDArray labels =
        inputs
            .labels()
            .orElseThrow(
                () ->
                    new PeftException(
                        "Gradients need a loss, and there are no labels. Add the tensor"
                            + " labels, or ask for no gradients."));
    ForwardPass pass = of(model, inputs);
    ComputationGraph graph = model.network();
    try (AdapterScope plain = model.training().withoutDropout();
        AdapterScope tasks = model.tasksOfEachRow(inputs.tasks())) {
      graph.setInputs(inputs.features());
      graph.setLabels(labels);
      INDArray @Nullable [] masks = inputs.masks();
      if (masks != null) {
        graph.setLayerMaskArrays(masks, null);
      }
      graph.computeGradientAndScore();
      model
          .adapter(Peft.DEFAULT_ADAPTER)
          .gradients()
          .forEach((key, value) -> pass.results.put("grad." + key, DetachedArrays.copy(value)));
    } finally {
      clear(graph);
    }
    return pass;
  }

  private static void clear(ComputationGraph graph) {
    graph.clear();
    graph.clearLayerMaskArrays();
  }

  /** The results by name; valid until this is closed. */
  public Map<String, INDArray> results() {
    return Collections.unmodifiableMap(results);
  }

  /**
   * Writes the results to a safetensors file, as F32.
   *
   * @throws PeftException if the file cannot be written; an earlier file then does not change
   */
  public void write(Path file) {
    Map<String, INDArray> singles = new LinkedHashMap<>();
    results.forEach((name, value) -> singles.put(name, value.castTo(DataType.FLOAT)));
    TensorFile.write(file, singles, Map.of("format", "pt"));
  }

  @Override
  public void close() {
    results.values().forEach(Scratch::release);
  }
}
