package org.peft4j.diffusion.internal.config;

import java.util.Collections;
import java.util.List;
import org.peft4j.transformers.internal.family.ConfigFields;

/**
 * The sizes of a UNet; lists have a value for each block on the way down.
 *
 * @param channels of the blocks' results
 * @param layers residual blocks of each
 * @param heads of the attentions in each
 * @param depth blocks of each transformer
 * @param crossOnly whether the first attention of each block reads the text too
 * @param text the width of the text's states
 * @param linear whether transformers map pixels in and out by linear maps
 * @param groups of channels in norms
 * @param epsilon of norms
 */
record Sizes(
    List<Integer> channels,
    List<Integer> layers,
    List<Integer> heads,
    List<Integer> depth,
    List<Boolean> crossOnly,
    int text,
    boolean linear,
    int groups,
    double epsilon) {
  private static final List<Integer> CHANNELS = List.of(320, 640, 1280, 1280);
  private static final int MOST_LAYERS = 100;

  static Sizes read(ConfigFields fields, Lists lists, int blocks) {
    List<Integer> channels =
        fields.has("block_out_channels") || blocks != CHANNELS.size()
            ? lists.sizes("block_out_channels", blocks, 1)
            : CHANNELS;
    // The name is one of diffusers' early days: it has always been the number of heads.
    List<Integer> heads = lists.sizes("attention_head_dim", blocks, 8);
    List<Integer> texts = lists.sizes("cross_attention_dim", blocks, 1280);
    fields.check(
        texts.stream().distinct().count() <= 1, "cross_attention_dim", "one number for all blocks");
    int groups = fields.size("norm_num_groups", 32);
    fields.check(!fields.isNull("norm_num_groups"), "norm_num_groups", "a number");
    fields.check(
        channels.stream().allMatch(width -> width % groups == 0),
        "norm_num_groups",
        "a divisor of block_out_channels " + channels);
    for (int i = 0; i < blocks; i++) {
      fields.check(
          channels.get(i) % heads.get(i) == 0,
          "attention_head_dim",
          "numbers of heads that divide block_out_channels " + channels);
    }
    List<Integer> layers = lists.sizes("layers_per_block", blocks, 2);
    List<Integer> depth = lists.sizes("transformer_layers_per_block", blocks, 1);
    check(fields, "layers_per_block", layers);
    check(fields, "transformer_layers_per_block", depth);
    return new Sizes(
        channels,
        layers,
        heads,
        depth,
        lists.flags("only_cross_attention", blocks),
        texts.isEmpty() ? 1 : texts.get(0),
        fields.flag("use_linear_projection", false),
        groups,
        fields.positiveNumber("norm_eps", 1e-5));
  }

  private static void check(ConfigFields fields, String name, List<Integer> counts) {
    fields.check(
        counts.stream().allMatch(count -> count <= MOST_LAYERS), name, "1 to " + MOST_LAYERS);
  }

  int blocks() {
    return channels.size();
  }

  Sizes withoutCrossOnly() {
    return new Sizes(
        channels,
        layers,
        heads,
        depth,
        Collections.nCopies(blocks(), false),
        text,
        linear,
        groups,
        epsilon);
  }
}
