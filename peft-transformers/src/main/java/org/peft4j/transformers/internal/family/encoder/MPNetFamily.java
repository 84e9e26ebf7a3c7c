package org.peft4j.transformers.internal.family.encoder;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * MPNet (Song et al., 2020): RoBERTa with a table of relative positions beside that of absolute
 * ones, which all blocks share, and without types of tokens.
 *
 * <p>Whatever its config says, padding is the token 1, and there are 32 buckets of distances up to
 * 128.
 */
public final class MPNetFamily implements Family {
  private static final String BODY = "mpnet";
  private static final int PADDING = 1;
  private static final int BUCKETS = 32;
  private static final int MAX_DISTANCE = 128;

  @Override
  public String modelType() {
    return BODY;
  }

  @Override
  public List<Task> tasks() {
    return EncoderTasks.ALL;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.only("relative_attention_num_buckets", BUCKETS);
    EncoderParts parts = EncoderParts.read(fields, "gelu");
    int layers = fields.layers("num_hidden_layers");
    String prefix = EncoderTasks.prefix(task, BODY);
    InputPart input = input(fields, parts, prefix + "embeddings.");
    AttentionPart.Positions bias =
        new AttentionPart.RelativeBias(
            parts.table(
                prefix + "encoder.relative_attention_bias", SiteRole.OTHER, BUCKETS, parts.heads()),
            MAX_DISTANCE,
            true);
    return new ModelArchitecture(
        new CheckpointNames(
            modelType(),
            task.className("MPNet", "ForMaskedLM"),
            BODY,
            Set.of(prefix + "embeddings.position_ids")),
        input.positions().orElseThrow().positions(),
        TokenFields.read(fields),
        Optional.empty(),
        new StackPart(
            input,
            IntStream.range(0, layers)
                .mapToObj(i -> block(parts, prefix + "encoder.layer." + i, bias))
                .toList(),
            Optional.empty(),
            Optional.empty()),
        parts.head(
            task,
            List.of(parts.dense("classifier.dense", Activation.TANH)),
            "classifier.out_proj",
            Optional.of(parts.dense(prefix + "pooler.dense", Activation.TANH))));
  }

  private static InputPart input(ConfigFields fields, EncoderParts parts, String name) {
    int vocabulary = fields.count("vocab_size");
    int positions = fields.count("max_position_embeddings", 512);
    fields.check(vocabulary > PADDING, "vocab_size", "2 or more: the token 1 is padding");
    fields.check(
        positions > PADDING + 1,
        "max_position_embeddings",
        "3 or more: the first two rows are of no position");
    return parts.embeddings(fields, name, parts.width(), OptionalInt.of(PADDING), true);
  }

  private static BlockPart block(EncoderParts parts, String name, AttentionPart.Positions bias) {
    String attention = name + ".attention";
    String maps = attention + ".attn";
    int width = parts.width();
    return new BlockPart(
        name,
        List.of(
            parts.sublayer(
                parts.attention(
                    maps,
                    parts.separate(maps + ".q", maps + ".k", maps + ".v"),
                    bias,
                    parts.linear(maps + ".o", SiteRole.ATTENTION_OUTPUT, width, width)),
                attention,
                attention + ".LayerNorm"),
            parts.sublayer(
                parts.feedForward(name + ".intermediate.dense", name + ".output.dense"),
                name + ".feed_forward",
                name + ".output.LayerNorm")));
  }
}
