package org.peft4j.transformers.internal.family.gated;

import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.DecoderTasks;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.LayerTypes;

/**
 * Gemma 2 (Rivière et al., 2024): Gemma with soft caps of scores and logits, norms on both sides of
 * each sub-layer, and a window in every second block.
 */
public final class Gemma2Family implements Family {
  private static final double SCORE_CAP = 50;
  private static final double LOGIT_CAP = 30;

  @Override
  public String modelType() {
    return "gemma2";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.TOKENS;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    SandwichGemma gemma = SandwichGemma.read(fields, modelType(), "Gemma2", 8192);
    OptionalInt window = gemma.window();
    LayerTypes types =
        LayerTypes.read(
            fields,
            gemma.parts().layers(),
            window.isPresent(),
            "a sliding_window",
            index -> window.isPresent() && index % 2 == 0);
    fields.check(
        window.isPresent() || !types.types().isEmpty(),
        "sliding_window",
        "a number, unless layer_types has full_attention only");
    OptionalDouble cap =
        fields.optionalPositive("attn_logit_softcapping", OptionalDouble.of(SCORE_CAP));
    AttentionPart.Positions rotary = gemma.parts().rotary();
    return gemma.model(
        task,
        OptionalDouble.of(LOGIT_CAP),
        i -> gemma.attention(i, rotary, cap).withWindow(types.window(i, window)));
  }
}
