package org.peft4j.diffusion.pipeline;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.diffusion.file.LoraFile;
import org.peft4j.diffusion.internal.files.ConvertedAdapters;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;

/**
 * Adapters on a UNet and on its text encoder that train together: the adapter {@value
 * Peft#DEFAULT_ADAPTER} on the UNet, and {@value #TEXT_ENCODER}. The graph takes {@code sample},
 * {@code timestep} and {@code input_ids} [batch, tokens] in place of the text's states.
 *
 * <pre>{@code
 * PeftModel<ComputationGraph> model = JointAdapters.wrap(stableDiffusion, unet, text, 1);
 * FineTuner.builder(model, new NoisePrediction()).data(pictures)…
 * model.save(folder); // The UNet's in the folder, the text encoder's in text_encoder below.
 * }</pre>
 */
public final class JointAdapters {
  /** The name of the text encoder's adapter, and of its folder in that of the UNet's. */
  public static final String TEXT_ENCODER = ConvertedAdapters.TEXT;

  private JointAdapters() {}

  /**
   * Puts new adapters on both.
   *
   * @param unet targets modules of the UNet
   * @param text targets modules of the text encoder: {@code q_proj}, {@code k_proj}, {@code
   *     v_proj}, {@code out_proj}
   * @param seed of their first values
   * @return to train and to save; it must be closed before the model
   * @throws PeftException if a config is impossible for its model
   */
  public static PeftModel<ComputationGraph> wrap(
      StableDiffusion model, PeftConfig unet, PeftConfig text, long seed) {
    ComputationGraph textGraph = model.textEncoder().graph();
    ComputationGraph unetGraph = model.unet().graph();
    ComputationGraph joint = JointGraph.of(textGraph, unetGraph);
    return active(
        Peft.bare(joint, seed),
        both -> {
          both.addAdapter(Peft.DEFAULT_ADAPTER, within(unet, unetGraph, joint));
          both.addAdapter(TEXT_ENCODER, within(text, textGraph, joint));
        });
  }

  /**
   * Puts saved adapters on both, to go on training them.
   *
   * @param adapter in any form that {@link StableDiffusion#adapt} reads
   * @throws PeftException if one of the two is missing, or a file is broken
   */
  public static PeftModel<ComputationGraph> load(StableDiffusion model, Path adapter) {
    ComputationGraph joint = JointGraph.of(model.textEncoder().graph(), model.unet().graph());
    return SavedAdapters.in(
        adapter,
        model.unet().sites(),
        saved ->
            active(
                Peft.bare(joint, joint.conf().getSeed()),
                both -> {
                  both.loadAdapter(Peft.DEFAULT_ADAPTER, saved.require(saved.unet(), "UNet"));
                  both.loadAdapter(TEXT_ENCODER, saved.require(saved.text(), "text encoder"));
                }));
  }

  private interface Adding {
    void to(PeftModel<ComputationGraph> both);
  }

  private static PeftModel<ComputationGraph> active(
      PeftModel<ComputationGraph> both, Adding adding) {
    try {
      adding.to(both);
      both.setActive(Peft.DEFAULT_ADAPTER, TEXT_ENCODER);
      return both;
    } catch (RuntimeException e) {
      both.close();
      throw e;
    }
  }

  /** Whether a path has an adapter of the text encoder. */
  public static boolean hasText(StableDiffusion model, Path adapter) {
    return SavedAdapters.in(adapter, model.unet().sites(), saved -> saved.text().isPresent());
  }

  /**
   * Writes both in diffusers' form, {@link LoraFile#NAME} in a folder, with keys {@code unet.…} and
   * {@code text_encoder.…}; of a model with an adapter on the UNet alone, that.
   *
   * @throws PeftException if an adapter is no LoRA, or a file cannot be written
   */
  public static void saveForDiffusers(PeftModel<ComputationGraph> model, Path to) {
    ConvertedAdapters.save(model, to);
  }

  /** A config whose targets match nothing of the other model; by their names if others would. */
  private static PeftConfig within(
      PeftConfig config, ComputationGraph part, ComputationGraph joint) {
    Set<String> own = names(part, config);
    if (config.common().targetModules().isPresent() && names(joint, config).equals(own)) {
      return config;
    }
    CommonConfig common = config.common();
    if (!common.modulesToSave().isEmpty()) {
      throw new PeftException(
          "The targets "
              + common.targetModules().map(Object::toString).orElse("by default")
              + " match modules of the UNet and of the text encoder, and modules_to_save is "
              + common.modulesToSave()
              + "; name the target modules.");
    }
    ModuleSelector targets = new ModuleSelector.Names(own.stream().sorted().toList());
    return config.toBuilder()
        .common(
            new CommonConfig(
                common.taskType(),
                common.baseModel(),
                common.revision(),
                Optional.of(targets),
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(),
                common.bias(),
                common.unknown()))
        .build();
  }

  private static Set<String> names(ComputationGraph graph, PeftConfig config) {
    return Peft.plan(graph, config).sites().stream().map(Site::name).collect(Collectors.toSet());
  }
}
