package org.peft4j.benchmarks.picture;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.PeftModel;
import org.peft4j.benchmarks.work.PeakMemory;
import org.peft4j.diffusion.Diffusion;
import org.peft4j.diffusion.DiffusionOptions;
import org.peft4j.diffusion.UNet;
import org.peft4j.lora.LoraConfig;
import org.peft4j.transformers.config.Precision;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Steps of LoRA on a UNet's attention: forward, backward and Adam, on one noisy picture. */
@Command(
    name = "unet",
    mixinStandardHelpOptions = true,
    description = "Times training steps of a UNet; prints one line of JSON for each.")
public final class UNetSteps implements Callable<Integer> {
  private static final int TOKENS = 77;

  @Option(names = "--model", required = true, description = "a folder of diffusers")
  Path model = Path.of("");

  @Option(names = "--side", description = "height and width of the latents; default 64")
  int side = 64;

  @Option(names = "--steps", description = "default 3")
  int steps = 3;

  @Option(names = "--rank", description = "r of LoRA; default 4")
  int rank = 4;

  @Option(names = "--precision", description = "${COMPLETION-CANDIDATES}; default FP32")
  Precision precision = Precision.FP32;

  @Option(names = "--checkpointing", description = "recompute activations in the backward pass")
  boolean checkpointing;

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new UNetSteps())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(arguments));
  }

  @Override
  public Integer call() {
    DiffusionOptions options =
        DiffusionOptions.defaults()
            .withPrecision(precision)
            .withGradientCheckpointing(checkpointing)
            .withUpdater(new Adam(1e-4));
    LoraConfig lora =
        LoraConfig.builder()
            .rank(rank)
            .alpha(rank)
            .targetModules("to_k", "to_q", "to_v", "to_out.0")
            .build();
    try (UNet unet = Diffusion.loadUNet(model, options);
        PeftModel<ComputationGraph> peft = unet.wrap(lora)) {
      for (int i = 0; i < steps; i++) {
        step(unet, peft.network());
      }
    }
    return 0;
  }

  private void step(UNet unet, ComputationGraph graph) {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long[] shape = {1, unet.inputChannels(), side, side};
    try (INDArray sample = Nd4j.randn(DataType.FLOAT, shape);
        INDArray target = Nd4j.randn(DataType.FLOAT, shape);
        INDArray time = Nd4j.createFromArray(new float[][] {{500}});
        INDArray text = Nd4j.randn(DataType.FLOAT, 1, TOKENS, unet.textWidth())) {
      long start = System.nanoTime();
      long used = system.getProcessCpuTime();
      graph.fit(new MultiDataSet(new INDArray[] {sample, time, text}, new INDArray[] {target}));
      System.out.printf(
          Locale.ROOT,
          "{\"seconds\": %.2f, \"cpu_seconds\": %.2f, \"peak_mb\": %.0f, \"loss\": %.5f}%n",
          (System.nanoTime() - start) / 1e9,
          (system.getProcessCpuTime() - used) / 1e9,
          PeakMemory.bytes() / 1e6,
          graph.score());
    }
  }
}
