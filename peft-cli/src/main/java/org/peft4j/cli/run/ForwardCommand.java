package org.peft4j.cli.run;

import java.nio.file.Path;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.LoadedAdapters;
import org.peft4j.cli.options.ModelOptions;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.Output;
import org.peft4j.diffusion.Diffusion;
import org.peft4j.diffusion.UNet;
import org.peft4j.diffusion.forward.UNetForward;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.forward.ForwardInputs;
import org.peft4j.transformers.forward.ForwardPass;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code peft forward}: computes logits, loss and gradients of given tokens, to compare
 * implementations.
 */
@Command(
    name = "forward",
    customSynopsis =
        "peft forward --model DIR [--adapter DIR]... --inputs FILE --output FILE [OPTION]...",
    header = "Compute logits, loss and gradients of given tokens, to compare implementations.",
    description = {
      "Reads input_ids [B,T] and, if present, attention_mask, labels (-100: no label) and, for"
          + " multitask prompts, task_ids [B], of any integer type.",
      "Labels of sequences are [B], or for several labels at once and several numbers [B,N]; a model"
          + " that answers questions has start_positions and end_positions [B] instead. An encoder"
          + " may have token_type_ids [B,T]. An encoder-decoder takes decoder_input_ids [B,L] (or makes"
          + " them from labels [B,L]) and, if present, decoder_attention_mask.",
      "CLIP reads input_ids, attention_mask, pixel_values, and return_loss [1] of 1 for the loss of"
          + " pairs; writes logits_per_text, logits_per_image, text_embeds and image_embeds.",
      "BLIP reads pixel_values, and the captions as input_ids, attention_mask and labels [B,T].",
      "A vision model reads pixel_values [B,C,H,W], and interpolate_pos_encoding [1] of 1 for pictures"
          + " of another size than its own.",
      "A UNet of diffusers reads sample [B,C,H,W], timestep [B], encoder_hidden_states [B,T,W] and, for"
          + " a loss, the mean squared error, target [B,C,H,W]; it writes sample.",
      "Writes logits [B,T,V] or [B,N], or start_logits and end_logits [B,T], or"
          + " last_hidden_state [B,T,W] and pooler_output [B,W]; loss [1] if there are labels, and with --gradients a"
          + " grad.KEY for each tensor KEY of the adapter; all F32, without dropout."
    },
    footer = {
      "",
      "Example:",
      "  peft forward --model my-model --adapter my-adapter --inputs in.safetensors \\",
      "    --output out.safetensors --gradients"
    })
public final class ForwardCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;
  @Mixin ModelOptions model = new ModelOptions();

  @Option(
      names = {"-i", "--inputs"},
      required = true,
      paramLabel = "FILE",
      description = "The safetensors file to read.")
  Path inputs = Path.of("");

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "The safetensors file to write.")
  Path output = Path.of("");

  @Option(
      names = "--gradients",
      description = "Write the gradient of the loss for each adapter tensor too.")
  boolean gradients;

  @Override
  public void run() {
    if (gradients && model.adapters.isEmpty()) {
      throw new PeftException("--gradients needs an adapter; give one with --adapter.");
    }
    if (gradients && (model.adapters.size() > 1 || model.adapters.get(0).weight() != 1)) {
      throw new PeftException("--gradients takes a single adapter, without a weight.");
    }
    if (Diffusion.isModel(model.model)) {
      runUNet();
      return;
    }
    try (OpenModel open = OpenModel.of(model, this::asked);
        ForwardInputs batch = ForwardInputs.read(inputs, open.base().architecture());
        ForwardPass pass = pass(open, batch)) {
      pass.write(output);
      Output.of(spec).println(pass.results().size() + " tensors written to " + output);
    }
  }

  private void runUNet() {
    try (UNet unet = Diffusion.loadUNet(model.model, model.precision.diffusion());
        @Nullable PeftModel<ComputationGraph> several = adapt(unet)) {
      if (several != null) {
        unet.use(several);
      }
      try (UNetForward pass = UNetForward.of(unet, inputs, gradients)) {
        pass.write(output);
        Output.of(spec).println(pass.results().size() + " tensors written to " + output);
      }
    }
  }

  /** A single adapter may have the form of diffusers or kohya; others, null if there are none. */
  private @Nullable PeftModel<ComputationGraph> adapt(UNet unet) {
    if (model.adapters.isEmpty()) {
      return null;
    }
    if (model.adapters.size() == 1 && model.adapters.get(0).weight() == 1) {
      unet.adapt(model.adapters.get(0).folder());
      return null;
    }
    return LoadedAdapters.active(unet.graph(), model.adapters);
  }

  /** What the inputs ask of the model. */
  private TransformerOptions asked(TransformerOptions options) {
    return options
        .withTokenTypes(ForwardInputs.typed(inputs))
        .withInterpolatedPositions(ForwardInputs.interpolates(inputs));
  }

  private ForwardPass pass(OpenModel open, ForwardInputs batch) {
    Optional<PeftModel<ComputationGraph>> wrapped = open.wrapped();
    return wrapped
        .map(
            model ->
                gradients ? ForwardPass.withGradients(model, batch) : ForwardPass.of(model, batch))
        .orElseGet(() -> ForwardPass.of(open.base().graph(), batch));
  }
}
