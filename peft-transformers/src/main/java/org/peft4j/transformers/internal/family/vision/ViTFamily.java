package org.peft4j.transformers.internal.family.vision;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.ConvolutionPart;
import org.peft4j.transformers.architecture.DensePart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.PatchInput;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ActivationField;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;

/**
 * ViT (Dosovitskiy et al., 2021) and DeiT (Touvron et al., 2021), which has a second token, of
 * distillation: pre-norm blocks over patches and learnt positions. The head of labels reads the
 * class token.
 *
 * <p>Files have the names of before transformers 5, and so have older adapters: {@code
 * encoder.layer.0.attention.attention.query} for {@code layers.0.attention.q_proj}.
 */
public record ViTFamily(String modelType, String className) implements Family {
  /** The names of a block's modules today, and before. */
  private static final Map<String, String> FORMER =
      Map.of(
          "attention.q_proj", "attention.attention.query",
          "attention.k_proj", "attention.attention.key",
          "attention.v_proj", "attention.attention.value",
          "attention.o_proj", "attention.output.dense",
          "mlp.fc1", "intermediate.dense",
          "mlp.fc2", "output.dense");

  @Override
  public List<Task> tasks() {
    return List.of(Task.FEATURE_EXTRACTION, Task.IMAGE_CLASSIFICATION);
  }

  private boolean distilled() {
    return modelType.equals("deit");
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    return new Shape(fields, task).describe(fields);
  }

  private final class Shape {
    private final TaskHead task;
    private final String prefix;
    private final VisionSizes sizes;
    private final boolean biases;
    private final Activation activation;
    private final double epsilon;
    private final int pooled;
    private final Activation pooling;

    Shape(ConfigFields fields, TaskHead task) {
      this.task = task;
      prefix = task.task() == Task.FEATURE_EXTRACTION ? "" : modelType + ".";
      fields.ignore("hidden_dropout_prob", "attention_probs_dropout_prob", "tie_word_embeddings");
      fields.ignore("encoder_stride", "gradient_checkpointing"); // Of masked pictures.
      sizes = VisionSizes.read(fields, 16);
      biases = fields.flag("qkv_bias", true);
      activation = ActivationField.read(fields, "hidden_act", "gelu");
      epsilon = fields.positiveNumber("layer_norm_eps", 1e-12);
      pooled = fields.size("pooler_output_size", sizes.width());
      pooling = ActivationField.read(fields, "pooler_act", "tanh");
      fields.absent("head_dim");
    }

    ModelArchitecture describe(ConfigFields fields) {
      int layers = fields.layers("num_hidden_layers", 12);
      PatchInput input = input();
      StackPart stack =
          new StackPart(
              input,
              IntStream.range(0, layers).mapToObj(this::block).toList(),
              Optional.of(norm(prefix + "layernorm")),
              Optional.empty());
      return new ModelArchitecture(
          names(stack), input.time(), SpecialTokens.none(), Optional.empty(), stack, head());
    }

    private CheckpointNames names(StackPart stack) {
      Map<String, String> renamed = new TreeMap<>();
      for (Site site : stack.sites()) {
        for (SiteParameter parameter : site.parameters()) {
          site.former()
              .ifPresent(
                  name ->
                      renamed.put(
                          site.name() + "." + parameter.name(), name + "." + parameter.name()));
        }
      }
      // Of classes that fill in masked patches, and of the bare model.
      Set<String> beside = Set.of(prefix + "embeddings.mask_token");
      Set<String> constants =
          task.task() == Task.FEATURE_EXTRACTION
              ? beside
              : Stream.concat(
                      beside.stream(),
                      Stream.of(prefix + "pooler.dense.weight", prefix + "pooler.dense.bias"))
                  .collect(Collectors.toSet());
      return new CheckpointNames(
          modelType,
          task.className(className, "Model"),
          modelType,
          constants,
          renamed,
          Optional.empty());
    }

    private PatchInput input() {
      String name = prefix + "embeddings";
      List<String> tokens =
          distilled() ? List.of("cls_token", "distillation_token") : List.of("cls_token");
      List<SiteParameter> learnt = new ArrayList<>();
      tokens.forEach(token -> learnt.add(SiteParameter.weight(token, 1, 1, sizes.width())));
      learnt.add(
          SiteParameter.weight(
              "position_embeddings", 1, sizes.patches() + tokens.size(), sizes.width()));
      return new PatchInput(
          ConvolutionPart.of(
              name + ".patch_embeddings.projection",
              sizes.channels(),
              sizes.width(),
              sizes.patchHeight(),
              sizes.patchWidth(),
              true,
              sizes.deviation()),
          PatchInput.Learnt.of(name, learnt, sizes.deviation()),
          tokens,
          Optional.empty(),
          Optional.empty(),
          sizes.imageHeight(),
          sizes.imageWidth());
    }

    private BlockPart block(int index) {
      String name = prefix + "layers." + index;
      UnaryOperator<String> former =
          path -> prefix + "encoder.layer." + index + "." + FORMER.getOrDefault(path, path);
      AttentionPart.Separate projections =
          new AttentionPart.Separate(
              linear(name, "attention.q_proj", former, SiteRole.QUERY, sizes.width(), biases),
              linear(name, "attention.k_proj", former, SiteRole.KEY, sizes.width(), biases),
              linear(name, "attention.v_proj", former, SiteRole.VALUE, sizes.width(), biases));
      AttentionPart attention =
          AttentionPart.full(
              name + ".attention",
              sizes.heads(),
              sizes.width() / sizes.heads(),
              projections,
              new AttentionPart.NoPositions(),
              linear(
                  name,
                  "attention.o_proj",
                  former,
                  SiteRole.ATTENTION_OUTPUT,
                  sizes.width(),
                  true));
      LinearPart down =
          LinearPart.of(
              name + ".mlp.fc2",
              SiteRole.DOWN,
              sizes.inner(),
              sizes.width(),
              true,
              sizes.deviation());
      FeedForwardPart mlp =
          new FeedForwardPart(
              activation,
              Optional.empty(),
              linear(name, "mlp.fc1", former, SiteRole.UP, sizes.inner(), true),
              down.formerly(former.apply("mlp.fc2")));
      return new BlockPart(
          name,
          List.of(
              ResidualPart.preNorm(
                  norm(name, "layernorm_before", former),
                  attention,
                  ResidualPart.place(name + ".attention", sizes.width())),
              ResidualPart.preNorm(
                  norm(name, "layernorm_after", former),
                  mlp,
                  ResidualPart.place(name + ".mlp", sizes.width()))));
    }

    private LinearPart linear(
        String block,
        String path,
        UnaryOperator<String> former,
        SiteRole role,
        long outputs,
        boolean bias) {
      return LinearPart.of(
              block + "." + path, role, sizes.width(), outputs, bias, sizes.deviation())
          .formerly(former.apply(path));
    }

    private NormPart norm(String block, String path, UnaryOperator<String> former) {
      return norm(block + "." + path).formerly(former.apply(path));
    }

    private NormPart norm(String name) {
      return NormPart.layer(name, sizes.width(), epsilon);
    }

    private HeadPart head() {
      if (task.task() == Task.IMAGE_CLASSIFICATION) {
        return new HeadPart.Sequence(
            HeadPart.Position.FIRST,
            List.of(),
            HeadPart.output(
                "classifier", sizes.width(), task.requireLabels().size(), true, sizes.deviation()),
            task.requireLabels(),
            task.problem());
      }
      LinearPart pooler =
          LinearPart.of(
              "pooler.dense", SiteRole.OTHER, sizes.width(), pooled, true, sizes.deviation());
      return new HeadPart.Features(Optional.of(DensePart.of(pooler, pooling)));
    }
  }
}
