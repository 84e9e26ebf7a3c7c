package org.peft4j.diffusion.internal.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.peft4j.diffusion.internal.architecture.ConvolutionPart;
import org.peft4j.diffusion.internal.architecture.PictureArchitecture;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.internal.family.ConfigFields;

/**
 * Reads the {@code config.json} of a UNet of Stable Diffusion 1.x or 2.x: every field is used,
 * known to change nothing, or refused.
 */
public final class UNetConfig {
  /** The class of diffusers. */
  public static final String CLASS = "UNet2DConditionModel";

  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);
  private static final String CROSS_DOWN = "CrossAttnDownBlock2D";
  private static final String CROSS_UP = "CrossAttnUpBlock2D";
  private static final String CROSS_MIDDLE = "UNetMidBlock2DCrossAttn";
  private static final List<String> DOWN = List.of(CROSS_DOWN, "DownBlock2D");
  private static final List<String> UP = List.of(CROSS_UP, "UpBlock2D");
  private static final int TIME_FACTOR = 4;

  private final ConfigFields fields;
  private final Lists lists;
  private final List<Stage> stages = new ArrayList<>();
  private final Set<String> kept = new HashSet<>();

  private UNetConfig(ConfigFields fields, Lists lists) {
    this.fields = fields;
    this.lists = lists;
  }

  /**
   * The model that a config describes.
   *
   * @param file {@code unet/config.json}
   * @throws PeftException if it is not a UNet's, or something in it is not supported
   */
  public static PictureArchitecture read(Path file) {
    ObjectNode json = JSON.readObject(file);
    Supported.requireClass(file, json, CLASS);
    ConfigFields fields = new ConfigFields(file.toString(), json);
    PictureArchitecture model = new UNetConfig(fields, new Lists(json, fields)).read();
    fields.refuseUnknown();
    fields.throwProblems();
    return model;
  }

  private PictureArchitecture read() {
    refuse();
    List<String> down = fields.texts("down_block_types");
    List<String> up = fields.texts("up_block_types");
    if (!fields.has("down_block_types")) {
      down = List.of(CROSS_DOWN, CROSS_DOWN, CROSS_DOWN, DOWN.get(1));
    }
    if (!fields.has("up_block_types")) {
      up = List.of(UP.get(1), CROSS_UP, CROSS_UP, CROSS_UP);
    }
    fields.check(DOWN.containsAll(down) && !down.isEmpty(), "down_block_types", "of " + DOWN);
    fields.check(UP.containsAll(up), "up_block_types", "of " + UP);
    fields.check(up.size() == down.size(), "up_block_types", down.size() + " blocks, as down");
    String middle = fields.isNull("mid_block_type") ? "" : text("mid_block_type", CROSS_MIDDLE);
    fields.check(
        middle.isEmpty() || middle.equals(CROSS_MIDDLE),
        "mid_block_type",
        CROSS_MIDDLE + " or null");
    Sizes sizes = Sizes.read(fields, lists, down.size());
    fields.throwProblems();
    return build(down, up, !middle.isEmpty(), sizes);
  }

  private String text(String name, String absent) {
    return fields.text(name, absent);
  }

  private void refuse() {
    Supported.refuseOtherConditions(fields);
    fields.only("center_input_sample", false);
    fields.only("downsample_padding", 1);
    fields.only("mid_block_scale_factor", 1);
    fields.only("dual_cross_attention", false);
    fields.only("resnet_time_scale_shift", "default");
    fields.only("resnet_skip_time_act", false);
    fields.only("resnet_out_scale_factor", 1);
    fields.only("time_embedding_type", "positional");
    fields.only("attention_type", "default");
    String act = text("act_fn", "silu");
    fields.check(act.equals("silu") || act.equals("swish"), "act_fn", "silu or swish");
    for (String name :
        List.of(
            "time_embedding_act_fn",
            "timestep_post_act",
            "time_cond_proj_dim",
            "cross_attention_norm",
            "num_attention_heads",
            "reverse_transformer_layers_per_block")) {
      fields.absent(name);
    }
    // Attention is computed in single precision anyway, and without the model's dropout.
    fields.flag("upcast_attention", false);
    fields.isNumber("dropout", 0);
    // Of blocks of other kinds, or of files' histories; sizes that only pipelines read.
    fields.ignore("mid_block_only_cross_attention", "sample_size");
    fields.ignore("_class_name", "_diffusers_version", "_name_or_path");
    fields.ignore("decay", "inv_gamma", "min_decay", "optimization_step", "power");
    fields.ignore("update_after_step", "use_ema_warmup");
  }

  private PictureArchitecture build(
      List<String> down, List<String> up, boolean middle, Sizes sizes) {
    int first = sizes.channels().get(0);
    int time = fields.size("time_embedding_dim", TIME_FACTOR * first);
    Parts parts = new Parts(sizes.groups(), sizes.epsilon(), time);
    double shift = fields.has("freq_shift") ? fields.number("freq_shift") : 0;
    stages.add(
        new Stage.Time(
            "time_embedding",
            Parts.linear("time_embedding.linear_1", SiteRole.OTHER, first, time, true),
            Parts.linear("time_embedding.linear_2", SiteRole.OTHER, time, time, true),
            shift,
            fields.flag("flip_sin_to_cos", true)));
    fields.check(shift < first / 2.0, "freq_shift", "below half of block_out_channels[0]");
    int in = fields.size("in_channels", 4);
    int out = fields.size("out_channels", 4);
    add(
        new Stage.Convolve(
            "conv_in", ConvolutionPart.same("conv_in", in, first, kernel("conv_in_kernel"))),
        true);
    for (int i = 0; i < down.size(); i++) {
      down(i, down.get(i).equals(CROSS_DOWN), parts, sizes);
    }
    if (middle) {
      middle(parts, sizes);
    }
    for (int i = 0; i < up.size(); i++) {
      up(i, up.get(i).equals(CROSS_UP), parts, sizes);
    }
    stages.add(
        new Stage.Activated(
            "conv_out",
            parts.norm("conv_norm_out", first),
            ConvolutionPart.same("conv_out", first, out, kernel("conv_out_kernel"))));
    return new PictureArchitecture(CLASS, in, out, sizes.text(), stages, kept);
  }

  private int kernel(String name) {
    int kernel = fields.size(name, 3);
    fields.check(kernel % 2 == 1, name, "an odd number");
    return kernel;
  }

  private void add(Stage stage, boolean keep) {
    stages.add(stage);
    if (keep) {
      kept.add(stage.name());
    }
  }

  private void down(int block, boolean cross, Parts parts, Sizes sizes) {
    String name = "down_blocks." + block;
    int out = sizes.channels().get(block);
    int in = sizes.channels().get(Math.max(0, block - 1));
    for (int i = 0; i < sizes.layers().get(block); i++) {
      add(parts.residual(name + ".resnets." + i, i == 0 ? in : out, out, false), !cross);
      if (cross) {
        add(attend(name + ".attentions." + i, block, parts, sizes), true);
      }
    }
    if (block < sizes.blocks() - 1) {
      add(Parts.halve(name + ".downsamplers.0", out), true);
    }
  }

  private static Stage.Attend attend(String name, int block, Parts parts, Sizes sizes) {
    return parts.attend(
        name,
        sizes.channels().get(block),
        sizes.heads().get(block),
        sizes.text(),
        sizes.depth().get(block),
        sizes.linear(),
        sizes.crossOnly().get(block));
  }

  /** Its attention is between pixels, whatever the blocks' {@code only_cross_attention}. */
  private void middle(Parts parts, Sizes sizes) {
    int last = sizes.blocks() - 1;
    int width = sizes.channels().get(last);
    add(parts.residual("mid_block.resnets.0", width, width, false), false);
    add(attend("mid_block.attentions.0", last, parts, sizes.withoutCrossOnly()), false);
    add(parts.residual("mid_block.resnets.1", width, width, false), false);
  }

  private void up(int index, boolean cross, Parts parts, Sizes sizes) {
    String name = "up_blocks." + index;
    int block = sizes.blocks() - 1 - index;
    int out = sizes.channels().get(block);
    int below = sizes.channels().get(Math.min(block + 1, sizes.blocks() - 1));
    int kept = sizes.channels().get(Math.max(0, block - 1));
    int layers = sizes.layers().get(block) + 1;
    for (int i = 0; i < layers; i++) {
      int in = (i == 0 ? below : out) + (i == layers - 1 ? kept : out);
      add(parts.residual(name + ".resnets." + i, in, out, true), false);
      if (cross) {
        add(attend(name + ".attentions." + i, block, parts, sizes), false);
      }
    }
    if (block > 0) {
      add(Parts.enlarge(name + ".upsamplers.0", out), false);
    }
  }
}
