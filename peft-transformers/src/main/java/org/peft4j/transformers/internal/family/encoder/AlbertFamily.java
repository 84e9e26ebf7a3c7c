package org.peft4j.transformers.internal.family.encoder;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.DensePart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * ALBERT (Lan et al., 2020): BERT with narrow embeddings, and with blocks that share their weights
 * in groups. A group has {@code inner_group_num} blocks and runs at several depths.
 */
public final class AlbertFamily implements Family {
  private static final String BODY = "albert";
  private static final int MAX_BLOCKS = 1000;

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
    fields.ignore("classifier_dropout_prob");
    // In the first files, and read by none of transformers' versions.
    fields.ignore("down_scale_factor", "gap_size", "net_structure_type", "num_memory_blocks");
    fields.ignore("layers_to_keep");
    fields.only("position_embedding_type", "absolute");
    EncoderParts parts = EncoderParts.read(fields, "gelu_new");
    String prefix = EncoderTasks.prefix(task, BODY);
    InputPart input = input(fields, parts, prefix);
    DensePart pooler = parts.dense(prefix + "pooler", Activation.TANH);
    return new ModelArchitecture(
        new CheckpointNames(
            modelType(),
            task.className("Albert", "ForMaskedLM"),
            BODY,
            Set.of(prefix + "embeddings.position_ids", prefix + "embeddings.token_type_ids")),
        input.positions().orElseThrow().positions(),
        TokenFields.read(fields),
        Optional.empty(),
        new StackPart(input, groups(fields, parts, prefix), Optional.empty(), Optional.empty()),
        parts.head(task, List.of(pooler), "classifier", Optional.of(pooler)));
  }

  private static InputPart input(ConfigFields fields, EncoderParts parts, String prefix) {
    String name = prefix + "embeddings.";
    int embedded = fields.size("embedding_size", 128);
    int vocabulary = fields.count("vocab_size");
    OptionalInt padding = TokenFields.paddingRow(fields, vocabulary, OptionalInt.of(0));
    return parts
        .embeddings(fields, name, embedded, padding, false)
        .withTypes(parts.types(fields, name, embedded))
        .withLast(
            parts.linear(
                prefix + "encoder.embedding_hidden_mapping_in",
                SiteRole.OTHER,
                embedded,
                parts.width()));
  }

  private static List<BlockPart> groups(ConfigFields fields, EncoderParts parts, String prefix) {
    int layers = fields.layers("num_hidden_layers");
    int groups = fields.layers("num_hidden_groups", 1);
    int blocks = fields.layers("inner_group_num", 1);
    boolean few = groups * blocks <= MAX_BLOCKS;
    fields.check(few, "inner_group_num", "up to " + MAX_BLOCKS + " blocks in all groups together");
    int[] times = times(layers, groups);
    fields.check(
        IntStream.of(times).allMatch(n -> n > 0),
        "num_hidden_groups",
        "up to num_hidden_layers " + layers + ", so that each group is used");
    return IntStream.range(0, groups)
        .mapToObj(
            i -> {
              String name = prefix + "encoder.albert_layer_groups." + i;
              List<ResidualPart> sublayers = new ArrayList<>();
              for (int j = 0; few && j < blocks; j++) {
                sublayers.addAll(sublayers(parts, name + ".albert_layers." + j));
              }
              return new BlockPart(name, sublayers, Math.max(1, times[i]));
            })
        .toList();
  }

  /** How often each group runs: the depth d is one of group {@code ⌊d / (layers / groups)⌋}. */
  private static int[] times(int layers, int groups) {
    int[] times = new int[groups];
    for (int depth = 0; depth < layers; depth++) {
      times[Math.min(groups - 1, (int) (depth / ((double) layers / groups)))]++;
    }
    return times;
  }

  private static List<ResidualPart> sublayers(EncoderParts parts, String name) {
    String attention = name + ".attention";
    int width = parts.width();
    return List.of(
        parts.sublayer(
            parts.attention(
                attention,
                parts.separate(attention + ".query", attention + ".key", attention + ".value"),
                parts.linear(attention + ".dense", SiteRole.ATTENTION_OUTPUT, width, width)),
            attention,
            attention + ".LayerNorm"),
        parts.sublayer(
            parts.feedForward(name + ".ffn", name + ".ffn_output"),
            name + ".feed_forward",
            name + ".full_layer_layer_norm"));
  }
}
