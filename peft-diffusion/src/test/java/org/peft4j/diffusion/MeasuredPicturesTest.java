package org.peft4j.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftModel;
import org.peft4j.diffusion.plan.PictureBatch;
import org.peft4j.diffusion.plan.UNetPlan;
import org.peft4j.diffusion.plan.UNetPlanner;
import org.peft4j.kernel.KernelChoice;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.lora.LoraConfig;
import org.peft4j.memory.ReusedScope;
import org.peft4j.transformers.config.Precision;

/** The estimate of a UNet's activations, against the memory that training steps really took. */
class MeasuredPicturesTest {
  private static final int TOKENS = 77;
  private static final Pattern NAMES = Pattern.compile("[\\w.]+");

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "sd1; to_q; 4; 24; false; FP32",
        "sd1; to_q; 4; 24; false; BF16",
        "sd1; to_q; 4; 24; true; FP32",
        "sd1; conv1; 2; 17; false; FP32",
        "sd2; to_out.0; 2; 32; false; FP32",
        "sd2; to_out.0; 2; 32; false; BF16",
        "sd2; to_out.0; 2; 32; true; BF16",
        "sd2; up_blocks\\.2\\..*(to_v|conv2); 2; 32; false; FP32",
        "sd2; mid_block.*(to_v|conv2); 2; 32; true; FP32",
        "odd; conv2; 3; 20; false; FP32",
        "odd; conv2; 3; 20; false; BF16"
      })
  void activationsAreThoseOfAStep(
      String base,
      String target,
      int pictures,
      int side,
      boolean checkpointing,
      Precision precision)
      throws Exception {
    assumeFalse(
        KernelChoice.kernels() instanceof Nd4jKernels,
        "Memory is estimated for the kernels of peft-onednn, which do not run here");
    Path folder = GoldenUNet.base(base);
    LoraConfig.Builder builder = LoraConfig.builder().rank(2);
    LoraConfig config =
        NAMES.matcher(target).matches()
            ? builder.targetModules(target).build()
            : builder.targetRegex(target).build();
    UNetPlan plan = UNetPlanner.plan(folder, config, new PictureBatch(pictures, side, TOKENS));
    // A thread has workspaces and temporaries of its own; those of this one are of earlier tests.
    ExecutorService thread = Executors.newSingleThreadExecutor();
    DiffusionOptions options =
        DiffusionOptions.defaults()
            .withGradientCheckpointing(checkpointing)
            .withPrecision(precision);
    try (UNet unet = Diffusion.loadUNet(folder, options);
        PeftModel<ComputationGraph> model = unet.wrap(config)) {
      MultiDataSet batch = batch(unet, pictures, side);
      long beside =
          thread
              .submit(
                  () -> {
                    for (int step = 0; step < 3; step++) {
                      model.network().fit(batch);
                    }
                    return workspaces() + ReusedScope.waiting();
                  })
              .get();
      long taken = unet.model().kept().bytes() + unet.model().pass().bytes() + beside;
      assertThat(plan.memory(precision, Optional.empty(), checkpointing).activations())
          .isCloseTo(taken, withinPercentage(10));
    } finally {
      thread.shutdown();
    }
  }

  private static MultiDataSet batch(UNet unet, int pictures, int side) {
    return new MultiDataSet(
        new INDArray[] {
          random(pictures, unet.inputChannels(), side, side),
          Nd4j.ones(DataType.FLOAT, pictures, 1),
          random(pictures, TOKENS, unet.textWidth())
        },
        new INDArray[] {random(pictures, unet.outputChannels(), side, side)});
  }

  private static INDArray random(long... shape) {
    return Nd4j.rand(DataType.FLOAT, shape);
  }

  /** The bytes of this thread's workspaces: outputs, gradients and temporaries. */
  private static long workspaces() {
    return Nd4j.getWorkspaceManager().getAllWorkspacesForCurrentThread().stream()
        .mapToLong(MemoryWorkspace::getCurrentSize)
        .sum();
  }
}
