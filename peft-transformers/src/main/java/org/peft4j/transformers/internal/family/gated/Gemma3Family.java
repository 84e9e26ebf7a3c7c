package org.peft4j.transformers.internal.family.gated;

import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.Rotary;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.LayerTypes;
import org.peft4j.transformers.internal.family.RotaryFields;

/**
 * The text model of Gemma 3 (Kamath et al., 2025): Gemma 2 with norms of queries and keys instead
 * of the cap of scores, and five blocks with a window for each one without. Blocks with a window
 * have rotary positions of their own.
 */
public final class Gemma3Family implements Family {
  private static final int DEFAULT_PATTERN = 6;
  private static final double GLOBAL_THETA = 1_000_000;
  private static final double LOCAL_THETA = 10_000;

  @Override
  public String modelType() {
    return "gemma3_text";
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    String className = task.task() == Task.SEQ_CLS ? "Gemma3Text" : "Gemma3";
    SandwichGemma gemma = SandwichGemma.read(fields, modelType(), className, 131_072);
    fields.absent("attn_logit_softcapping"); // transformers takes the field and does nothing.
    fields.ignore("_sliding_window_pattern");
    int pattern = fields.count("sliding_window_pattern", DEFAULT_PATTERN);
    OptionalInt window = gemma.window();
    LayerTypes types =
        LayerTypes.read(
            fields,
            gemma.parts().layers(),
            window.isPresent(),
            "a sliding_window",
            index -> window.isPresent() && (index + 1) % pattern != 0);
    fields.check(
        window.isPresent() || !types.types().isEmpty(),
        "sliding_window",
        "a number, unless layer_types has full_attention only");
    RotaryFields.Layered layered =
        RotaryFields.layered(
            fields, gemma.parts().maxPositions(), gemma.parts().sizes().headSize(), false);
    AttentionPart.Positions global =
        positions(gemma, layered.read("full_attention", "rope_theta", GLOBAL_THETA));
    AttentionPart.Positions local =
        positions(gemma, layered.read("sliding_attention", "rope_local_base_freq", LOCAL_THETA));
    return gemma.model(
        task,
        OptionalDouble.empty(),
        i ->
            normed(
                gemma.parts(),
                i,
                gemma
                    .attention(i, types.slides(i) ? local : global, OptionalDouble.empty())
                    .withWindow(types.window(i, window))));
  }

  private static AttentionPart.Positions positions(SandwichGemma gemma, Rotary rotary) {
    return new AttentionPart.RotaryPositions(rotary, gemma.parts().sizes().headSize());
  }

  private static AttentionPart normed(GatedDecoder parts, int index, AttentionPart attention) {
    String name = parts.attentionName(index);
    int size = parts.sizes().headSize();
    return attention.withHeadNorms(
        parts.onePlus(name + ".q_norm", size), parts.onePlus(name + ".k_norm", size));
  }
}
