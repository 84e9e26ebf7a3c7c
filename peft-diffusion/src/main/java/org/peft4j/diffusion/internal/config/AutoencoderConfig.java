package org.peft4j.diffusion.internal.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.peft4j.diffusion.internal.architecture.AutoencoderArchitecture;
import org.peft4j.diffusion.internal.architecture.ConvolutionPart;
import org.peft4j.diffusion.internal.architecture.PictureArchitecture;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.kernel.Convolution.Window;
import org.peft4j.transformers.internal.family.ConfigFields;

/**
 * Reads the {@code config.json} of Stable Diffusion's autoencoder: every field is used, known to
 * change nothing, or refused.
 */
public final class AutoencoderConfig {
  /** The class of diffusers. */
  public static final String CLASS = "AutoencoderKL";

  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);
  private static final String DOWN = "DownEncoderBlock2D";
  private static final String UP = "UpDecoderBlock2D";
  private static final double EPSILON = 1e-6;
  private static final double SCALING_FACTOR = 0.18215;

  /** Halves the extents, with zeros below and behind only. */
  private static final Window HALVING = new Window(3, 3, 2, 0, 0, 1, 1);

  private final ConfigFields fields;
  private final List<Integer> channels;
  private final int layers;
  private final Parts parts;
  private final boolean attention;

  private AutoencoderConfig(ConfigFields fields, List<Integer> channels) {
    this.fields = fields;
    this.channels = channels;
    this.layers = fields.layers("layers_per_block", 1);
    int groups = fields.size("norm_num_groups", 32);
    fields.check(
        channels.stream().allMatch(width -> width % groups == 0),
        "norm_num_groups",
        "a divisor of block_out_channels " + channels);
    this.parts = new Parts(groups, EPSILON, 0);
    this.attention = fields.flag("mid_block_add_attention", true);
  }

  /**
   * The autoencoder that a config describes.
   *
   * @param file {@code vae/config.json}
   * @throws PeftException if it is not an autoencoder's, or something in it is not supported
   */
  public static AutoencoderArchitecture read(Path file) {
    ObjectNode json = JSON.readObject(file);
    Supported.requireClass(file, json, CLASS);
    ConfigFields fields = new ConfigFields(file.toString(), json);
    List<String> down =
        fields.has("down_block_types") ? fields.texts("down_block_types") : List.of(DOWN);
    List<String> up = fields.has("up_block_types") ? fields.texts("up_block_types") : List.of(UP);
    fields.check(Set.of(DOWN).equals(Set.copyOf(down)), "down_block_types", DOWN + " only");
    fields.check(Set.of(UP).equals(Set.copyOf(up)), "up_block_types", UP + " only");
    fields.check(up.size() == down.size(), "up_block_types", down.size() + " blocks, as down");
    String act = fields.text("act_fn", "silu");
    fields.check(act.equals("silu") || act.equals("swish"), "act_fn", "silu or swish");
    fields.absent("shift_factor");
    fields.absent("latents_mean");
    fields.absent("latents_std");
    fields.flag("force_upcast", true); // It computes in single precision anyway.
    fields.ignore("sample_size", "_class_name", "_diffusers_version", "_name_or_path");
    List<Integer> channels =
        new Lists(json, fields).sizes("block_out_channels", Math.max(1, down.size()), 64);
    AutoencoderArchitecture model = new AutoencoderConfig(fields, channels).read();
    fields.refuseUnknown();
    fields.throwProblems();
    return model;
  }

  private AutoencoderArchitecture read() {
    int latents = fields.size("latent_channels", 4);
    int in = fields.size("in_channels", 3);
    int out = fields.size("out_channels", 3);
    double factor = fields.positiveNumber("scaling_factor", SCALING_FACTOR);
    List<Stage> encoder = encoder(in, latents);
    if (fields.flag("use_quant_conv", true)) {
      encoder.add(pointwise("quant_conv", 2L * latents));
    }
    List<Stage> decoder = new ArrayList<>();
    if (fields.flag("use_post_quant_conv", true)) {
      decoder.add(pointwise("post_quant_conv", latents));
    }
    decoder.addAll(decoder(latents, out));
    return new AutoencoderArchitecture(
        new PictureArchitecture(CLASS, in, 2 * latents, 0, encoder, Set.of()),
        new PictureArchitecture(CLASS, latents, out, 0, decoder, Set.of()),
        factor);
  }

  private static Stage pointwise(String name, long channels) {
    return new Stage.Convolve(name, ConvolutionPart.same(name, channels, channels, 1));
  }

  private List<Stage> encoder(int in, int latents) {
    int last = channels.get(channels.size() - 1);
    List<Stage> stages = new ArrayList<>();
    stages.add(convolve("encoder.conv_in", in, channels.get(0)));
    for (int block = 0; block < channels.size(); block++) {
      String name = "encoder.down_blocks." + block;
      int out = channels.get(block);
      for (int i = 0; i < layers; i++) {
        int width = i == 0 ? channels.get(Math.max(0, block - 1)) : out;
        stages.add(parts.residual(name + ".resnets." + i, width, out, false));
      }
      if (block < channels.size() - 1) {
        String halving = name + ".downsamplers.0";
        stages.add(
            new Stage.Convolve(halving, ConvolutionPart.of(halving + ".conv", out, out, HALVING)));
      }
    }
    addMiddle(stages, "encoder.mid_block", last);
    stages.add(activated("encoder", last, 2L * latents));
    return stages;
  }

  private static Stage convolve(String name, long in, long out) {
    return new Stage.Convolve(name, ConvolutionPart.same(name, in, out, 3));
  }

  private Stage activated(String name, long in, long out) {
    return new Stage.Activated(
        name + ".conv_out",
        parts.norm(name + ".conv_norm_out", in),
        ConvolutionPart.same(name + ".conv_out", in, out, 3));
  }

  private void addMiddle(List<Stage> stages, String name, long width) {
    stages.add(parts.residual(name + ".resnets.0", width, width, false));
    if (attention) {
      stages.add(parts.pixelAttention(name + ".attentions.0", width));
    }
    stages.add(parts.residual(name + ".resnets.1", width, width, false));
  }

  private List<Stage> decoder(int latents, int out) {
    int widest = channels.get(channels.size() - 1);
    List<Stage> stages = new ArrayList<>();
    stages.add(convolve("decoder.conv_in", latents, widest));
    addMiddle(stages, "decoder.mid_block", widest);
    int before = widest;
    for (int block = 0; block < channels.size(); block++) {
      String name = "decoder.up_blocks." + block;
      int width = channels.get(channels.size() - 1 - block);
      for (int i = 0; i <= layers; i++) {
        stages.add(parts.residual(name + ".resnets." + i, i == 0 ? before : width, width, false));
      }
      if (block < channels.size() - 1) {
        stages.add(Parts.enlarge(name + ".upsamplers.0", width));
      }
      before = width;
    }
    stages.add(activated("decoder", channels.get(0), out));
    return stages;
  }
}
