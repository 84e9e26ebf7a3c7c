package org.peft4j.transformers.internal.family.gated;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.DecoderTasks;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.LayerTypes;

/**
 * SmolLM3 (Hugging Face, 2025): Llama in which every fourth block has no positions. With {@code
 * use_sliding_window}, these blocks see a window, or those that {@code layer_types} names.
 */
public final class SmolLm3Family implements Family {
  private static final int DEFAULT_INTERVAL = 4;

  @Override
  public String modelType() {
    return "smollm3";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.ALL;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.ignore("pretraining_tp", "max_window_layers");
    boolean bias = fields.flag("attention_bias", false);
    boolean innerBias = fields.flag("mlp_bias", false);
    GatedDecoder parts =
        new GatedDecoder(
            fields,
            new GatedDefaults(modelType(), "SmolLM3", 32_768)
                .keyValueHeads(4)
                .padding(128_004)
                .theta(2_000_000)
                .tied()
                .renamedForAnswers(task));
    List<Integer> placed = placed(fields, parts.layers());
    OptionalInt window = window(fields);
    LayerTypes types =
        LayerTypes.read(
            fields,
            parts.layers(),
            window.isPresent(),
            "use_sliding_window true and a sliding_window",
            index -> window.isPresent() && placed.get(index) == 0);
    AttentionPart.Positions rotary = parts.rotary();
    AttentionPart.Positions none = new AttentionPart.NoPositions();
    return parts.model(
        task,
        i ->
            parts.preNorm(
                i,
                parts
                    .attention(i, bias, bias, placed.get(i) == 0 ? none : rotary)
                    .withWindow(types.window(i, window)),
                parts.feedForward(i, innerBias)));
  }

  private static OptionalInt window(ConfigFields fields) {
    boolean sliding = fields.flag("use_sliding_window", false);
    OptionalInt window = fields.optionalCount("sliding_window", OptionalInt.empty());
    return sliding ? window : OptionalInt.empty();
  }

  /** For each block 1 if it has rotary positions, otherwise 0. */
  private static List<Integer> placed(ConfigFields fields, int layers) {
    int interval = fields.count("no_rope_layer_interval", DEFAULT_INTERVAL);
    if (!fields.has("no_rope_layers")) {
      return IntStream.rangeClosed(1, layers).map(i -> i % interval == 0 ? 0 : 1).boxed().toList();
    }
    return fields.flags("no_rope_layers", layers);
  }
}
