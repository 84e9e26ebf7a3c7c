package org.peft4j.benchmarks.picture;

import java.util.concurrent.Callable;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.PeftModel;
import org.peft4j.benchmarks.work.StepOptions;
import org.peft4j.diffusion.Diffusion;
import org.peft4j.diffusion.DiffusionOptions;
import org.peft4j.diffusion.UNet;
import org.peft4j.quantization.BlockQuantization;
import org.peft4j.quantization.QuantizedFormat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Steps of LoRA on a UNet's attention: forward, backward and Adam, on one noisy picture. */
@Command(
    name = "unet",
    mixinStandardHelpOptions = true,
    description = "Times training steps of a UNet; prints one line of JSON for each.")
public final class UNetSteps implements Callable<Integer> {
  private static final int TOKENS = 77;

  @Mixin StepOptions options = new StepOptions(4, 3);

  @Option(names = "--side", description = "height and width of the latents; default 64")
  int side = 64;

  @Option(names = "--nf4", description = "hold the linear weights of blocks in NF4")
  boolean fourBits;

  @Option(names = "--offload", description = "leave the weights of layers in their file")
  boolean offload;

  @Option(
      names = "--keep",
      description = "MB of them, of 1000000 bytes, that stay in memory with --offload")
  long keptMegabytes;

  public static void main(String[] arguments) {
    StepOptions.run(new UNetSteps(), arguments);
  }

  @Override
  public Integer call() {
    DiffusionOptions held =
        DiffusionOptions.defaults()
            .withPrecision(options.precision())
            .withGradientCheckpointing(options.checkpointing())
            .withUpdater(new Adam(1e-4));
    DiffusionOptions placed = offload ? held.withOffloadKeeping(keptMegabytes * 1_000_000) : held;
    try (UNet unet =
            Diffusion.loadUNet(
                options.model(),
                fourBits
                    ? placed.withQuantization(BlockQuantization.of(QuantizedFormat.NF4))
                    : placed);
        PeftModel<ComputationGraph> peft =
            unet.wrap(options.lora("to_k", "to_q", "to_v", "to_out.0"))) {
      TimedSteps.run(options.steps(), peft.network(), () -> batch(unet));
    }
    return 0;
  }

  private MultiDataSet batch(UNet unet) {
    long[] shape = {1, unet.inputChannels(), side, side};
    return new MultiDataSet(
        new INDArray[] {
          Nd4j.randn(DataType.FLOAT, shape),
          Nd4j.createFromArray(new float[][] {{500}}),
          Nd4j.randn(DataType.FLOAT, 1, TOKENS, unet.textWidth())
        },
        new INDArray[] {Nd4j.randn(DataType.FLOAT, shape)});
  }
}
